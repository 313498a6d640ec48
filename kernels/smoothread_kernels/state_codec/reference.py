"""int8 by group in PyTorch: the oracle, and the path of CPUs.

**Equation**, for each group x of up to 64 consecutive elements of a tensor's last axis:

    scale = max|x| / 127,    q = round(x / scale), half to even,    x' = q scale

with scale = 0 and x' = 0 where max|x| < 1e-30, and scale = NaN, so x' = NaN, for a group that holds a NaN or an
infinity: damage stays visible, and does not spread, since a group never reaches into another row.

**Shapes**: x `[row, width]` fp32, fp16 or bf16; q int8 `[row, width]`; scales fp32 `[row, group]`.

**Error bound**: |x' - x| <= max|x| / 253 of the group (+ 1e-30); where x is fp16 or bf16, x' is rounded to it
besides. 1.06 bytes an element. The codec bf16 is a cast, to nearest: |x' - x| <= |x| / 256 (+ 1e-40, and what
is above bf16's largest, 3.39e38, becomes infinite). 2 bytes an element.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from smoothread_kernels.state_codec.layout import GROUP

SMALLEST = 1e-30
"""Groups below it are stored as zeros: their scale would leave fp32's normal range."""


def encode(x: Tensor, q: Tensor, scales: Tensor) -> None:
    """Write `x` `[row, width]` to `q` int8 `[row, width]` and `scales` fp32 `[row, group]`."""
    rows, width = x.shape
    groups = F.pad(x.float(), (0, -width % GROUP)).view(rows, -1, GROUP)
    largest = groups.abs().amax(-1)
    largest = torch.where(largest.isfinite(), largest, torch.nan)
    scale = torch.where(largest < SMALLEST, 0.0, largest / 127)
    usable = (scale > 0).unsqueeze(-1)  # neither zero nor NaN
    ratio = torch.where(usable, groups / torch.where(usable, scale.unsqueeze(-1), 1.0), 0.0)
    q.copy_(ratio.round().view(rows, -1)[:, :width])
    scales.copy_(scale)


def decode(q: Tensor, scales: Tensor, x: Tensor) -> None:
    """Write to `x` `[row, width]` what `q` and `scales` stand for."""
    rows, width = x.shape
    groups = F.pad(q.float(), (0, -width % GROUP)).view(rows, -1, GROUP)
    x.copy_((groups * scales.unsqueeze(-1)).view(rows, -1)[:, :width])
