"""How an RWKV-7 starts out, to be trained from nothing: the published recipe (RWKV-LM, RWKV-v7 training code).

At the start a layer adds nothing to the stream (its output matrices are zero) and its low-rank maps give their bias
alone. What differs by channel and depth is how far a channel looks back: the shift's mixes, and decays from days
to moments.
"""

import torch
from torch import Tensor, nn

from smoothread_agent.model.rwkv7_network import RWKV7, ChannelMix, LowRank, TimeMix


@torch.no_grad()
def initialise(network: RWKV7, seed: int = 0) -> RWKV7:
    """Give every parameter of `network` its first value, in place; the same for the same seed."""
    generator = torch.Generator(network.device).manual_seed(seed)
    config = network.config
    for module in network.modules():
        if isinstance(module, nn.LayerNorm):
            nn.init.ones_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    nn.init.uniform_(network.model.embeddings.weight, -1e-4, 1e-4, generator=generator)
    if network.lm_head is not None:
        gain = 0.5 * max(1.0, config.vocab_size / config.hidden_size) ** 0.5
        nn.init.orthogonal_(network.lm_head.weight, gain, generator=generator)
    for index, layer in enumerate(network.layers):
        above = 1 - index / config.num_layers
        _time_mix(layer.attn, index / max(1, config.num_layers - 1), above, generator)
        nn.init.constant_(layer.attn.g_norm.weight, ((index + 1) / config.num_layers) ** 0.7)
        _channel_mix(layer.ffn, above, generator)
    return network


def _time_mix(mix: TimeMix, depth: float, above: float, generator: torch.Generator) -> None:
    """`depth`: 0 for the first layer, 1 for the last; `above`: share of the layers at or above this one."""
    hidden, width = mix.x_r.numel(), mix.k_k.numel()
    channel = torch.linspace(0, 1, width, device=mix.k_k.device)
    tilt = channel - 0.5
    in_head = torch.linspace(-1, 1, mix.dim, device=mix.k_k.device).repeat(mix.heads)
    zigzag = in_head * in_head.abs()

    for parameter, power in ((mix.x_r, 0.2), (mix.x_w, 0.9), (mix.x_k, 0.7), (mix.x_v, 0.7), (mix.x_a, 0.9)):
        parameter.copy_(_shift(hidden, power * above, parameter))
    mix.x_g.copy_(_shift(hidden, 0.2 * above, mix.x_g))
    mix.k_k.copy_(0.71 - 0.1 * tilt)
    nn.init.constant_(mix.k_a, 1.02)
    nn.init.constant_(mix.r_k, -0.04)
    _low_rank(mix.w_lora, -5.5 + 6 * channel ** (1 + depth**0.3) + 2.5 * zigzag, generator)
    _low_rank(mix.a_lora, -0.19 + 0.3 * zigzag + 0.4 * tilt, generator)
    if mix.v_lora is not None:
        _low_rank(mix.v_lora, 0.73 - 0.4 * tilt, generator)
    _low_rank(mix.g_lora, None, generator)
    for matrix, bound in ((mix.r_proj, 0.5), (mix.k_proj, 0.05), (mix.v_proj, 0.5)):
        nn.init.uniform_(matrix.weight, -bound / hidden**0.5, bound / hidden**0.5, generator=generator)
    nn.init.zeros_(mix.o_proj.weight)
    nn.init.zeros_(mix.g_norm.bias)


def _channel_mix(mix: ChannelMix, above: float, generator: torch.Generator) -> None:
    hidden = mix.x_k.numel()
    mix.x_k.copy_(_shift(hidden, above**4, mix.x_k))
    nn.init.uniform_(mix.key.weight, -0.5 / hidden**0.5, 0.5 / hidden**0.5, generator=generator)
    nn.init.zeros_(mix.value.weight)


def _shift(hidden: int, power: float, like: Tensor) -> Tensor:
    """A mix for each channel: the first takes the token before, the last its own."""
    return 1 - (torch.arange(hidden, device=like.device) / hidden) ** power


def _low_rank(maps: LowRank, bias: Tensor | None, generator: torch.Generator) -> None:
    down, up = maps.maps
    nn.init.zeros_(down.weight)
    nn.init.orthogonal_(up.weight, 0.1, generator=generator)
    if bias is not None:
        up.bias.copy_(bias)
