"""Roofline on paper: what each kernel must read, write and compute, and the least time that takes on a GPU.

    python -m tools.bench.roofline            # the tables of docs/kernels.md
    python -m tools.bench.roofline --json

A kernel that computes F operations and moves B bytes takes at least max(F / peak, B / bandwidth). Bytes count each
operand once (caches are ideal), operations are the products' alone. A launch costs some microseconds on top.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated

import typer

WIDTH = 2  # bytes of a number in 16 bits
FULL_LENGTHS = (4 * 1024, 64 * 1024, 1024 * 1024)


@dataclass(frozen=True)
class Chip:
    """A GPU by its data sheet: bytes a second, and dense 16-bit tensor-core operations a second."""

    name: str
    bandwidth: float
    peak: float

    def seconds(self, work: "Work") -> float:
        """The least time that `work` takes."""
        return max(work.bytes / self.bandwidth, work.flops / self.peak)

    def bound(self, work: "Work") -> str:
        """What that time is spent on."""
        return "memory" if work.bytes / self.bandwidth >= work.flops / self.peak else "compute"


CHIPS = (Chip("H100", 3.35e12, 989e12), Chip("A10", 600e9, 125e12))
"""NVIDIA's data sheets: H100 SXM5, A10."""


@dataclass(frozen=True)
class Reader:
    """A windowed model, and how it reads: one row, 16-bit numbers."""

    name: str
    layers: int
    heads: int
    kv_heads: int
    dim: int
    window: int
    pinned: int
    chunk: int

    @property
    def slot_bytes(self) -> int:
        """Key and value of one token in one layer."""
        return 2 * self.kv_heads * self.dim * WIDTH


@dataclass(frozen=True)
class MatrixState:
    """An RWKV-7 model: heads of dim x dim fp32 state, chunked form of `kernel_chunk` tokens."""

    name: str
    layers: int
    heads: int
    dim: int
    chunk: int
    kernel_chunk: int


QWEN = Reader("Qwen2.5-3B, window 4096", 36, 16, 2, 128, window=4096, pinned=256, chunk=2048)
SMOL = Reader("SmolLM2-135M, window 1024", 30, 9, 3, 64, window=1024, pinned=256, chunk=512)
RWKV = MatrixState("RWKV-7-2.9B", 32, 40, 64, chunk=2048, kernel_chunk=32)


@dataclass(frozen=True)
class Work:
    """One kernel on one layer of one row."""

    kernel: str
    bytes: float
    flops: float


def attention(reader: Reader, tokens: int, seen: int, kernel: str) -> Work:
    """Attention of `tokens` queries that see `seen` slots each, over a run of slots one longer for each query."""
    rows = 2 * tokens * reader.heads * reader.dim * WIDTH  # queries in, results out
    slots = (seen + tokens - 1) * reader.slot_bytes
    return Work(kernel, rows + slots, 4 * tokens * seen * reader.heads * reader.dim)


def attention_backward(reader: Reader, tokens: int, seen: int) -> Work:
    """Its gradient by two kernels, each recomputing scores and weights: seven products against the forward's two."""
    forward = attention(reader, tokens, seen, "")
    rows = (
        4 * tokens * reader.heads * reader.dim * WIDTH
    )  # query, result, its gradient in; query's gradient out
    again = (
        2 * tokens * reader.heads * reader.dim * WIDTH
    )  # the second kernel reads query and gradient once more
    slots = 3 * (seen + tokens - 1) * reader.slot_bytes  # read twice, gradients written
    return Work("window_attention backward, a chunk", rows + again + slots, 3.5 * forward.flops)


def advance(reader: Reader, tokens: int, shift: bool, kernel: str) -> Work:
    """New tokens are read and written; a row that shifts reads and writes `window` slots besides."""
    moved = tokens + (reader.window if shift else 0)
    turned = 3 * reader.kv_heads * reader.dim * reader.window if shift else 0
    return Work(kernel, 2 * moved * reader.slot_bytes, turned)


def window_kernels(reader: Reader) -> Iterator[Work]:
    """Every window kernel in a steady state: pinned tokens and a full window in sight."""
    seen = reader.pinned + reader.window
    yield attention(reader, reader.chunk, seen, "window_attention, a chunk")
    yield attention(reader, 1, seen, "window_attention, one token")
    yield attention_backward(reader, reader.chunk, seen)
    yield advance(reader, reader.chunk, False, "window_advance, a chunk")
    yield advance(reader, reader.chunk, True, "window_advance, a chunk and a shift")
    memory = 2 * (reader.pinned + 2 * reader.window) * reader.slot_bytes / 2
    yield Work("state_codec int8, a layer's memory", memory * (1 + 17 / 32), 0)


def matrix_kernels(model: MatrixState) -> Iterator[Work]:
    """wkv7: six vectors a token in and one out; in chunks, also a workspace in fp32, written and read."""
    n, c, tokens = model.dim, model.kernel_chunk, model.chunk
    vectors = 7 * n * WIDTH * model.heads
    state = 2 * n * n * 4 * model.heads
    workspace = 2 * 4 * (5 * n + 4 * c + n * n / c) * model.heads
    flops = (8 * n * n + 16 * c * n + 6 * c * c) * model.heads
    yield Work("wkv7, a chunk", tokens * (vectors + workspace) + state, tokens * flops)
    yield Work("wkv7, one token", vectors + state, 9 * n * n * model.heads)


@dataclass(frozen=True)
class FullAttention:
    """What full attention asks at one length, next to the window: one row, all layers."""

    length: int
    cache_bytes: int
    window_bytes: int
    chunk: dict[str, float]
    token: dict[str, float]
    chunk_ratio: float
    token_ratio: float


def full_attention(reader: Reader, length: int) -> FullAttention:
    """A chunk and a token behind `length` tokens; times in seconds by chip, ratios to the window's on the first."""
    seen = min(length, reader.pinned + reader.window)
    chunk, token = attention(reader, reader.chunk, length, ""), attention(reader, 1, length, "")
    ratios = [
        CHIPS[0].seconds(full) / CHIPS[0].seconds(attention(reader, tokens, seen, ""))
        for full, tokens in ((chunk, reader.chunk), (token, 1))
    ]
    return FullAttention(
        length,
        length * reader.slot_bytes * reader.layers,
        (reader.pinned + 2 * reader.window) * reader.slot_bytes * reader.layers,
        {chip.name: reader.layers * chip.seconds(chunk) for chip in CHIPS},
        {chip.name: reader.layers * chip.seconds(token) for chip in CHIPS},
        *ratios,
    )


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(row) + " |" for row in (header, ["---"] * len(header), *rows)]
    return "\n".join(lines) + "\n"


def markdown() -> str:
    """The tables of docs/kernels.md."""
    parts = []
    for model in (QWEN, SMOL, RWKV):
        works = matrix_kernels(model) if isinstance(model, MatrixState) else window_kernels(model)
        header = ["kernel", "bytes", "operations", *(f"{chip.name}, at least" for chip in CHIPS)]
        rows = [
            [work.kernel, _size(work.bytes), _count(work.flops)]
            + [f"{_time(chip.seconds(work))} ({chip.bound(work)})" for chip in CHIPS]
            for work in works
        ]
        sight = f", {model.pinned} pinned" if isinstance(model, Reader) else ""
        parts.append(
            f"**{model.name}**{sight}, chunks of {model.chunk}: one row, one layer.\n\n" + table(header, rows)
        )
    names = [chip.name for chip in CHIPS]
    for reader in (QWEN, SMOL):
        header = [
            "tokens read",
            "cache",
            "window's memory",
            *(f"a chunk, {name}" for name in names),
            *(f"one token, {name}" for name in names),
            "against the window",
        ]
        rows = []
        for length in FULL_LENGTHS:
            full = full_attention(reader, length)
            rows.append(
                [f"{length:,}", _size(full.cache_bytes), _size(full.window_bytes)]
                + [_time(full.chunk[name]) for name in names]
                + [_time(full.token[name]) for name in names]
                + [f"chunk {full.chunk_ratio:.1f}x, token {full.token_ratio:.1f}x"]
            )
        parts.append(
            f"**{reader.name.split(',')[0]} with full attention**: one row, all layers.\n\n"
            + table(header, rows)
        )
    return "\n".join(parts)


def _size(count: float) -> str:
    return _scaled(count, ("B", "kB", "MB", "GB", "TB"))


def _count(count: float) -> str:
    return _scaled(count, ("", "K", "M", "G", "T")) if count else "-"


def _scaled(count: float, units: Sequence[str]) -> str:
    for unit in units[:-1]:
        if count < 999.5:
            return f"{count:.3g} {unit}".rstrip()
        count /= 1000
    return f"{count:.3g} {units[-1]}"


def _time(seconds: float) -> str:
    return (
        f"{seconds * 1e6:.2g} µs"
        if seconds < 99.5e-6
        else f"{seconds * 1e3:.2g} ms"
        if seconds < 0.0995
        else f"{seconds:.2g} s"
    )


def main(as_json: Annotated[bool, typer.Option("--json", help="JSON instead of Markdown.")] = False) -> None:
    """Roofline on paper of every kernel, and of full attention beside the window."""
    if not as_json:
        print(markdown())
        return
    kernels = [
        {"model": model.name, **asdict(work), "seconds": {chip.name: chip.seconds(work) for chip in CHIPS}}
        for model, works in (
            (QWEN, window_kernels(QWEN)),
            (SMOL, window_kernels(SMOL)),
            (RWKV, matrix_kernels(RWKV)),
        )
        for work in works
    ]
    full = [
        {"model": reader.name, **asdict(full_attention(reader, length))}
        for reader in (QWEN, SMOL)
        for length in FULL_LENGTHS
    ]
    print(
        json.dumps(
            {"chips": [asdict(c) for c in CHIPS], "kernels": kernels, "full_attention": full}, indent=2
        )
    )


if __name__ == "__main__":
    typer.run(main)
