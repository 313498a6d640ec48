"""RWKV-7 time mixing on CUDA: launches, their gradient, and the list of what they compile."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import triton
from torch import Tensor

from smoothread_kernels.launch import aligned
from smoothread_kernels.variants import KernelVariant
from smoothread_kernels.wkv7 import HEAD_DIMS
from smoothread_kernels.wkv7.triton_backward import (
    input_gradient_kernel,
    pair_gradient_kernel,
    state_gradient_kernel,
    vector_gradient_kernel,
)
from smoothread_kernels.wkv7.triton_forward import (
    advance_kernel,
    output_kernel,
    prepare_kernel,
    recurrent_kernel,
)

GRADIENT_CHUNK = 16
"""Tokens a chunk in the backward pass, which holds twice the tiles of the forward pass."""

FEW_TOKENS = 8
"""Up to so many tokens, one launch that takes them one by one beats the three of the chunked form."""

TRITON_DTYPES = {torch.float32: "fp32", torch.float16: "fp16", torch.bfloat16: "bf16"}


@dataclass(frozen=True)
class Settings:
    """How one kernel is launched.

    Attributes:
        constexprs: its constexpr arguments.
        num_warps: warps of a program.
        num_stages: depth of the software pipeline of loads.
    """

    constexprs: Mapping[str, Any]
    num_warps: int
    num_stages: int

    def launch(self) -> dict[str, Any]:
        """The keyword arguments of a launch."""
        return {**self.constexprs, "num_warps": self.num_warps, "num_stages": self.num_stages}


def chunk_size(dtype: torch.dtype) -> int:
    """Tokens a chunk in the forward pass: as many as the registers hold, for fewer steps in sequence."""
    return 16 if dtype == torch.float32 else 32


def settings(kernel: str, dtype: torch.dtype, dim: int, chunk: int) -> Settings:
    """Settings of `kernel` for inputs of `dtype` and `dim`, for launches and for what is compiled ahead."""
    precision = "tf32x3" if dtype == torch.float32 else "tf32"
    if kernel == "recurrent":
        return Settings({"DIM": dim, "BLOCK_VALUES": 8}, num_warps=1, num_stages=1)
    constexprs: dict[str, Any] = {"DIM": dim, "CHUNK": chunk, "PRECISION": precision}
    if kernel == "prepare":
        constexprs["LEVELS"] = chunk.bit_length() - 1
    if kernel in ("advance", "state_gradient"):
        constexprs["BLOCK_VALUES"] = 16
        return Settings(constexprs, num_warps=4, num_stages=2)
    if kernel == "input_gradient":
        del constexprs["PRECISION"]  # it has no products
    # Four warps leave the others short of registers.
    num_warps = 4 if kernel in ("output", "input_gradient") else 8
    return Settings(constexprs, num_warps=num_warps, num_stages=1)


def chunked(
    r: Tensor,
    w: Tensor,
    k: Tensor,
    v: Tensor,
    k_hat: Tensor,
    a: Tensor,
    state: Tensor,
    lengths: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """As `reference.chunked`; arguments are taken as checked."""
    tensors = (r, w, k, v, k_hat, a, state)
    if torch.is_grad_enabled() and any(x.requires_grad for x in tensors):
        y, final = _Chunked.apply(*tensors, lengths)
        return y, final
    if r.shape[1] <= FEW_TOKENS:
        final = torch.empty(state.shape, dtype=state.dtype, device=state.device)
        return _recurrent(r, w, k, v, k_hat, a, state, final, lengths), final
    return _Stretch(r, w, k, v, k_hat, a, state, lengths, chunk=chunk_size(r.dtype)).output()


def step(
    r: Tensor,
    w: Tensor,
    k: Tensor,
    v: Tensor,
    k_hat: Tensor,
    a: Tensor,
    state: Tensor,
    lengths: Tensor | None = None,
) -> Tensor:
    """As `reference.step`; arguments are taken as checked."""
    r, w, k, v, k_hat, a = (x.unsqueeze(1) for x in (r, w, k, v, k_hat, a))
    return _recurrent(r, w, k, v, k_hat, a, state, state, lengths).squeeze(1)


def _recurrent(
    r: Tensor,
    w: Tensor,
    k: Tensor,
    v: Tensor,
    k_hat: Tensor,
    a: Tensor,
    state: Tensor,
    final: Tensor,
    lengths: Tensor | None,
) -> Tensor:
    batch, tokens, heads, dim = r.shape
    y = torch.empty(v.shape, dtype=v.dtype, device=v.device)
    if not batch * heads:
        return y
    chosen = settings("recurrent", r.dtype, dim, 1)
    grid = (dim // chosen.constexprs["BLOCK_VALUES"], batch * heads)
    r, w, k, v, k_hat, a = (aligned(x) for x in (r, w.float(), k, v, k_hat, a))
    strides = (*state.stride()[:2], *final.stride()[:2])
    index, *rows = _rows(lengths, r.device)
    recurrent_kernel[grid](
        r, w, k, v, k_hat, a, index, state, final, y, *strides, *rows, tokens, heads, **chosen.launch()
    )  # fmt: skip
    return y


def _rows(lengths: Tensor | None, device: torch.device) -> tuple[Tensor, int, int]:
    """The arguments (lengths, index_step, has_lengths): int64 is read as every second int32."""
    if lengths is None:
        return torch.empty(4, dtype=torch.int32, device=device), 1, 0
    lengths = aligned(lengths)
    return lengths.view(torch.int32), 2 if lengths.dtype == torch.int64 else 1, 1


class _Stretch:
    """A call of the chunked form: its inputs, its workspace, and the launches that fill it."""

    def __init__(
        self,
        r: Tensor,
        w: Tensor,
        k: Tensor,
        v: Tensor,
        k_hat: Tensor,
        a: Tensor,
        state: Tensor,
        lengths: Tensor | None,
        *,
        chunk: int,
    ) -> None:
        self.batch, self.tokens, self.heads, self.dim = r.shape
        self.dtype, self.device, self.chunk = r.dtype, r.device, chunk
        self.pairs, self.chunks = self.batch * self.heads, triton.cdiv(self.tokens, chunk)
        self.r, self.w, self.k, self.v, self.k_hat, self.a = (
            aligned(x) for x in (r, w.float(), k, v, k_hat, a)
        )
        self.lengths, *rows = _rows(lengths, r.device)
        self.sizes = (*rows, self.tokens, self.heads, self.chunks)
        self.inverse, self.from_added, self.seen_removed, self.seen_added = (
            self._empty(chunk, chunk) for _ in range(4)
        )
        self.from_start, self.receptance, self.removal, self.addition, self.removed = (
            self._empty(chunk, self.dim) for _ in range(5)
        )
        self.shrink = self._empty(self.dim)
        matrix = (self.dim, self.dim)
        self.starts = torch.empty(
            self.pairs, self.chunks + 1, *matrix, dtype=torch.float32, device=self.device
        )
        self.final = torch.empty(self.batch, self.heads, *matrix, dtype=torch.float32, device=self.device)
        self._launch(
            prepare_kernel, "prepare", self.r, self.w, self.k, self.k_hat, self.a, self.lengths, self.inverse,
            self.from_start, self.from_added, self.receptance, self.seen_removed, self.seen_added,
            self.removal, self.addition, self.shrink,
        )  # fmt: skip
        self._launch(
            advance_kernel, "advance", state, self.v, self.lengths, self.from_start, self.from_added,
            self.removal, self.addition, self.shrink, self.removed, self.starts, self.final,
            *state.stride()[:2],
        )  # fmt: skip

    def output(self) -> tuple[Tensor, Tensor]:
        """y `[batch, token, head, dim]` and the final state."""
        y = torch.empty_like(self.v)
        self._launch(
            output_kernel, "output", self.v, self.lengths, self.receptance, self.seen_removed,
            self.seen_added, self.removed, self.starts, y,
        )  # fmt: skip
        return y, self.final

    def gradients(self, grad_y: Tensor, grad_final: Tensor) -> list[Tensor]:
        """Gradients of r, w, k, v, k_hat, a and the state."""
        grad_removed, met = self._empty(self.chunk, self.dim), self._empty(self.chunk, self.dim)
        grad_after, grad_shrink = self._empty(self.dim, self.dim), self._empty(self.dim)
        crossed, vectors = self._empty(4, self.chunk, self.chunk), self._empty(4, self.chunk, self.dim)
        grad_state = torch.empty_like(self.final)
        inputs = (self.r, self.w, self.k, self.v, self.k_hat, self.a)
        grad_r, grad_w, grad_k, grad_v, grad_k_hat, grad_a = (torch.empty_like(x) for x in inputs)
        self._launch(
            state_gradient_kernel, "state_gradient", grad_y, grad_final, self.lengths, self.from_start,
            self.receptance, self.seen_removed, self.removal, self.shrink, grad_removed, grad_after,
            grad_state,
        )  # fmt: skip
        self._launch(
            pair_gradient_kernel, "pair_gradient", self.v, grad_y, self.lengths, self.inverse,
            self.from_added, self.seen_added, self.addition, self.removed, self.starts, grad_removed,
            grad_after, met, crossed, grad_shrink, grad_v,
        )  # fmt: skip
        self._launch(
            vector_gradient_kernel, "vector_gradient", *inputs, grad_y, self.lengths, self.removed,
            self.shrink, self.starts, grad_after, met, crossed, vectors,
        )  # fmt: skip
        self._launch(
            input_gradient_kernel, "input_gradient", self.r, self.w, self.k, self.k_hat, self.a, self.lengths,
            vectors, grad_shrink, grad_r, grad_w, grad_k, grad_k_hat, grad_a,
        )  # fmt: skip
        return [grad_r, grad_w, grad_k, grad_v, grad_k_hat, grad_a, grad_state]

    def _empty(self, *shape: int) -> Tensor:
        """A workspace `[pair, chunk, *shape]`."""
        return torch.empty(self.pairs, self.chunks, *shape, dtype=torch.float32, device=self.device)

    def _launch(self, kernel: Any, name: str, *arguments: Tensor | int) -> None:
        chosen = settings(name, self.dtype, self.dim, self.chunk)
        block = chosen.constexprs.get("BLOCK_VALUES")
        programs = self.dim // block if block else self.chunks
        if programs * self.pairs:
            kernel[(programs, self.pairs)](*arguments, *self.sizes, **chosen.launch())


class _Chunked(torch.autograd.Function):
    """The chunked form with its gradient. Keeps its inputs alone: the workspace is made again."""

    @staticmethod
    def forward(ctx: Any, *arguments: Tensor | None) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(*arguments)
        return _Stretch(*arguments, chunk=chunk_size(arguments[0].dtype)).output()  # type: ignore

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, grad_y: Tensor, grad_final: Tensor) -> tuple[Tensor | None, ...]:
        inputs = ctx.saved_tensors
        stretch = _Stretch(*inputs, chunk=GRADIENT_CHUNK)
        grads = stretch.gradients(aligned(grad_y.contiguous()), aligned(grad_final.contiguous()))
        return (*(grad.to(x.dtype) for grad, x in zip(grads, inputs, strict=False)), None)


def variants(capability: int) -> Iterator[KernelVariant]:
    """Every specialisation that a launch can request. The same for every capability."""
    for dim in HEAD_DIMS:
        for dtype in TRITON_DTYPES:
            yield _variant(recurrent_kernel, "recurrent", dtype, dim, chunk_size(dtype))
            for chunk in sorted({chunk_size(dtype), GRADIENT_CHUNK}):
                yield _variant(prepare_kernel, "prepare", dtype, dim, chunk)
                yield _variant(advance_kernel, "advance", dtype, dim, chunk)
            yield _variant(output_kernel, "output", dtype, dim, chunk_size(dtype))
            yield _variant(state_gradient_kernel, "state_gradient", dtype, dim, GRADIENT_CHUNK)
            yield _variant(pair_gradient_kernel, "pair_gradient", dtype, dim, GRADIENT_CHUNK)
            yield _variant(vector_gradient_kernel, "vector_gradient", dtype, dim, GRADIENT_CHUNK)
            yield _variant(input_gradient_kernel, "input_gradient", dtype, dim, GRADIENT_CHUNK)


IN_INPUT_DTYPE = ("r", "k", "v", "k_hat", "a", "y")
"""Arguments in the inputs' dtype, as are the gradients of the same; other tensors are fp32."""

INTEGERS = (
    *("index_step", "has_lengths", "tokens", "heads", "chunks"),
    *("state_batch", "state_head", "final_batch", "final_head"),
)


def _variant(function: Any, kernel: str, dtype: torch.dtype, dim: int, chunk: int) -> KernelVariant:
    chosen = settings(kernel, dtype, dim, chunk)
    name = TRITON_DTYPES[dtype]

    def kind(argument: str) -> str:
        if argument in INTEGERS:
            return "i32"
        if argument == "lengths":
            return "*i32"
        return f"*{name}" if argument.removeprefix("grad_") in IN_INPUT_DTYPE else "*fp32"

    return KernelVariant(
        name=f"wkv7/{kernel} dtype={name} dim={dim} chunk={chunk}",
        function=function,
        signature={x: kind(x) for x in function.arg_names if x not in chosen.constexprs},
        constexprs=chosen.constexprs,
        num_warps=chosen.num_warps,
        num_stages=chosen.num_stages,
    )
