"""The start of an RWKV-7 that is trained from nothing."""

import torch
from torch.nn import functional as F

from smoothread_agent.model.rwkv7_initial import initialise
from smoothread_agent.model.rwkv7_network import RWKV7, LayerState
from tools.bench.rwkv7 import sizes

CONFIG = sizes(2, 128, 50)


def started(config=CONFIG, seed=0):
    network = RWKV7(config)
    for parameter in network.parameters():
        torch.nn.init.constant_(parameter, float("nan"))  # what is forgotten shows
    return initialise(network, seed)


def new_states(network, batch):
    config = network.config
    wkv = torch.zeros(batch, config.num_heads, config.head_dim, config.head_dim)
    return [LayerState(wkv, *torch.zeros(2, batch, config.hidden_size)) for _ in range(config.num_layers)]


def test_every_parameter_gets_a_value_by_the_seed_alone():
    first, again, other = started(), started(), started(seed=1)
    for name, parameter in first.named_parameters():
        assert parameter.isfinite().all(), name
        assert torch.equal(parameter, again.get_parameter(name)), name
    assert not torch.equal(first.lm_head.weight, other.lm_head.weight)


def test_at_the_start_layers_add_nothing():
    network = started()
    tokens = torch.arange(20).view(2, 10)
    stream, _ = network(tokens, new_states(network, 2))
    assert torch.allclose(
        stream, network.model.layers[0].pre_norm(network.model.embeddings(tokens)), atol=1e-6
    )


def test_it_learns():
    """The token before the last, which only the token shift and the state can bring."""
    network = started(sizes(2, 64, 12))
    optimizer = torch.optim.AdamW(network.parameters(), lr=5e-3)
    generator = torch.Generator().manual_seed(0)
    losses = []
    for _ in range(60):
        tokens = torch.randint(12, (16, 12), generator=generator)
        stream, _ = network(tokens, new_states(network, 16))
        loss = F.cross_entropy(network.logits(stream[:, 2:]).flatten(0, 1), tokens[:, :-2].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0]
