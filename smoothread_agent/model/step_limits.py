"""A Mamba-2 layer's limits on its time step, kept in transformers' code for one token as in that for a stretch.

The time step is softplus(dt + bias), and the code for a stretch then holds it within `time_step_limit`. The code for
one token does not, so that a text would read differently word by word. Softplus only rises: dt can be held within
the limits' own images before it, where the layer projects it, and both paths then agree.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn


def hold_time_steps(model: nn.Module) -> None:
    """Make every Mamba-2 layer of `model` that has limits hold them from its projection on."""
    layer: Any
    for layer in model.modules():
        lowest, highest = getattr(layer, "time_step_limit", None) or (0.0, math.inf)
        if lowest > 0 or highest < math.inf:
            layer.in_proj.register_forward_hook(_held(layer, lowest, highest))


def _held(layer: Any, lowest: float, highest: float) -> Any:
    heads = int(layer.num_heads)
    scale = layer.mup_vector[..., -heads:] if hasattr(layer, "mup_vector") else 1.0
    lower, upper = _before_softplus(lowest), _before_softplus(highest)

    def hold(module: nn.Module, inputs: Any, projected: Tensor) -> Tensor:
        bias = layer.dt_bias.to(projected.dtype)
        dt = torch.maximum(
            torch.minimum(projected[..., -heads:], (upper - bias) / scale), (lower - bias) / scale
        )
        return torch.cat([projected[..., :-heads], dt], dim=-1)

    return hold


def _before_softplus(step: float) -> float:
    """x with softplus(x) = step."""
    if step in (0.0, math.inf):
        return -math.inf if step == 0.0 else math.inf
    return step + math.log(-math.expm1(-step))
