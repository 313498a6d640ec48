"""Correctness of the kernels on the device itself: each against its PyTorch reference."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypedDict

import torch
from smoothread_kernels.layout import HEAD_DIMS
from smoothread_kernels.window_advance import window_advance
from smoothread_kernels.window_advance.reference import window_advance as advance_in_pytorch
from smoothread_kernels.window_attention import window_attention
from smoothread_kernels.window_attention.reference import window_attention_naive
from smoothread_kernels.wkv7 import wkv7
from smoothread_kernels.wkv7.reference import recurrence
from torch import Tensor

BOUNDS = {torch.float32: 1e-4, torch.float16: 4e-3, torch.bfloat16: 3e-2}
"""Of the largest expected value: roundings of the dtype, for sums of a few hundred terms."""


class Rows(TypedDict):
    """Where each row writes, and what of it is pinned, as `smoothread_kernels.layout` defines them."""

    start: Tensor
    lengths: Tensor
    pinned: Tensor


class AttentionOptions(Rows):
    """The keyword arguments of `window_attention`."""

    window: int
    scale: float
    softcap: float | None


class AdvanceOptions(Rows):
    """The keyword arguments of `window_advance`."""

    shift: Tensor
    window: int
    cos: Tensor
    sin: Tensor
    interleaved: bool


@dataclass(frozen=True)
class Check:
    """One comparison: the largest difference, as a share of the largest expected value."""

    name: str
    error: float
    bound: float

    @property
    def passed(self) -> bool:
        """Whether the error is a number, and within the bound."""
        return self.error <= self.bound


def difference(actual: Tensor, expected: Tensor) -> float:
    """Largest difference as a share of the largest expected value; NaN where either has one."""
    actual, expected = actual.detach().double(), expected.detach().double()
    return float((actual - expected).abs().max() / expected.abs().max())


def worst(differences: Iterable[float]) -> float:
    """The largest; NaN if there is one, which `max` would pass over."""
    return float(torch.tensor(list(differences)).max())


def attention_checks(device: str) -> Iterator[Check]:
    """Prefill, decode (split over keys) and gradients, ragged rows, for every dtype and head dimension."""
    for dtype, bound in BOUNDS.items():
        for dim in HEAD_DIMS:
            for tokens, softcap in ((300, None), (1, 30.0)):
                tensors, options = _attention(device, dtype, dim, tokens, softcap)
                inputs = [t.requires_grad_() for t in tensors]
                wide = [t.detach().float().requires_grad_() for t in tensors]
                out, expected = window_attention(*inputs, **options), window_attention_naive(*wide, **options)
                name = f"window_attention {dtype} dim={dim} tokens={tokens}"
                yield Check(name, difference(out, expected), bound)
                weights = torch.randn_like(expected)
                grads = torch.autograd.grad(out, inputs, weights.to(dtype))
                right = torch.autograd.grad(expected, wide, weights.to(dtype).float())
                for part, grad, exact in zip(("query", "keys", "values"), grads, right, strict=True):
                    yield Check(f"{name}, gradient of {part}", difference(grad, exact), 2 * bound)
                with torch.no_grad():  # without a gradient, few tokens take the kernel that splits the keys
                    yield Check(
                        f"{name}, inference",
                        difference(window_attention(*tensors, **options), expected),
                        bound,
                    )


def _attention(
    device: str, dtype: torch.dtype, dim: int, tokens: int, softcap: float | None
) -> tuple[list[Tensor], AttentionOptions]:
    window, rows = 512, [(100, 700, tokens), (3, 40, max(1, tokens // 2)), (64, 1000, 1)]
    slots = max(start + length for _, start, length in rows)
    generator = torch.Generator(device).manual_seed(dim)
    heads = (6, tokens), (2, slots), (2, slots)
    tensors = [
        torch.randn(len(rows), count, length, dim, generator=generator, device=device).to(dtype)
        for count, length in heads
    ]
    pinned, start, lengths = (torch.tensor(column, device=device) for column in zip(*rows, strict=True))
    return tensors, {
        "start": start,
        "lengths": lengths,
        "pinned": pinned,
        "window": window,
        "scale": dim**-0.5,
        "softcap": softcap,
    }


def advance_checks(device: str) -> Iterator[Check]:
    """Rows that shift and rows that do not, both pairings of dimensions."""
    window, tokens = 256, 100
    rows = [(40, True, tokens), (7, False, 30), (0, True, 0)]
    for dtype, bound in BOUNDS.items():
        for dim in HEAD_DIMS:
            for interleaved in (False, True):
                generator = torch.Generator(device).manual_seed(dim)
                sizes = 40 + 2 * window, 40 + 2 * window, tokens, tokens
                shapes = [(len(rows), 2, size, dim) for size in sizes]
                tensors = [torch.randn(s, generator=generator, device=device).to(dtype) for s in shapes]
                angle = torch.rand(dim // 2, generator=generator, device=device) * 6
                pinned, shift, lengths = (torch.tensor(c, device=device) for c in zip(*rows, strict=True))
                options: AdvanceOptions = {
                    "start": torch.where(shift, pinned + window, pinned),
                    "lengths": lengths,
                    "shift": shift,
                    "pinned": pinned,
                    "window": window,
                    "cos": angle.cos(),
                    "sin": angle.sin(),
                    "interleaved": interleaved,
                }
                expected = [t.clone() for t in tensors]
                window_advance(*tensors, **options)
                advance_in_pytorch(*expected, **options)
                name = f"window_advance {dtype} dim={dim} interleaved={interleaved}"
                pairs = zip(tensors[:2], expected[:2], strict=True)
                yield Check(name, worst(difference(a, e) for a, e in pairs), bound)


def wkv7_checks(device: str) -> Iterator[Check]:
    """The chunked form against the recurrence in fp64."""
    for dtype, bound in BOUNDS.items():
        inputs = wkv7_inputs(device, dtype, batch=2, tokens=300, heads=4)
        y, final = wkv7(*inputs)
        expected_y, expected = recurrence(*(t.double() for t in inputs))
        yield Check(f"wkv7 {dtype}, y", difference(y, expected_y), bound)
        yield Check(f"wkv7 {dtype}, state", difference(final, expected), bound)


def wkv7_inputs(device: str, dtype: torch.dtype, batch: int, tokens: int, heads: int) -> list[Tensor]:
    """r, w, k, v, k_hat, a as a trained layer makes them, and a state: the arguments of `wkv7`, in order."""
    generator = torch.Generator(device).manual_seed(0)
    shape = (6, batch, tokens, heads, 64)
    r, w, k, v, p, a = torch.randn(shape, generator=generator, device=device).unbind()
    mixed = (r, 4 * w - 2, k, v, torch.nn.functional.normalize(p, dim=-1), torch.sigmoid(2 * a))
    state = torch.randn(batch, heads, 64, 64, generator=generator, device=device)
    return [*(x.to(dtype).contiguous() for x in mixed), state]


CHECKS: tuple[Callable[[str], Iterator[Check]], ...] = (attention_checks, advance_checks, wkv7_checks)


def graph_check(device: str) -> Check:
    """A decode step, advance and attention, captured once as a CUDA graph and replayed over a shift, against eager."""
    window, pinned, dim, dtype = 64, 16, 64, torch.bfloat16
    slots = pinned + 2 * window
    generator = torch.Generator(device).manual_seed(0)
    queries, new_keys, new_values = (
        torch.randn(slots, 1, heads, 1, dim, generator=generator, device=device).to(dtype)
        for heads in (4, 2, 2)
    )
    angle = torch.rand(dim // 2, generator=generator, device=device)
    counts: Rows = {
        "start": torch.tensor([0], dtype=torch.int32, device=device),
        "lengths": torch.tensor([1], dtype=torch.int32, device=device),
        "pinned": torch.tensor([pinned], dtype=torch.int32, device=device),
    }
    shift = torch.zeros(1, dtype=torch.bool, device=device)
    query, key, value = queries[0].clone(), new_keys[0].clone(), new_values[0].clone()

    def step(keys: Tensor, values: Tensor) -> Tensor:
        cos, sin = angle.cos(), angle.sin()
        window_advance(keys, values, key, value, shift=shift, window=window, cos=cos, sin=sin, **counts)
        return window_attention(query, keys, values, window=window, scale=dim**-0.5, **counts)

    def place(token: int) -> None:
        """Inputs of the token-th step, written where the captured graph reads them."""
        counts["start"].fill_(token if token < slots else token - window)
        shift.fill_(token == slots)
        for static, every in ((query, queries), (key, new_keys), (value, new_values)):
            static.copy_(every[token % slots])

    memories = [
        [torch.zeros(1, 2, slots, dim, device=device, dtype=dtype) for _ in range(2)] for _ in range(2)
    ]
    place(0)
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        step(*memories[0])  # compiles, and warms the allocator, outside the capture
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        captured = step(*memories[0])
    differences = []
    for token in range(slots + window):
        place(token)
        graph.replay()
        differences.append(difference(captured, step(*memories[1])))
    return Check("a decode step replayed from a CUDA graph, against eager", worst(differences), 0.0)
