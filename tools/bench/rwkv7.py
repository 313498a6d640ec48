"""`python -m tools.bench rwkv7`: prefill and decode on this machine's CPU beside the author's package, same weights.

The weights are random, in the author's layout, of the sizes of the released models (0.1B: 12 layers of 768). The two
take turns in one process; medians are shown. Needs `pip install rwkv`.
"""

import contextlib
import io
import math
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from smoothread_agent.model.rwkv7 import RWKV7Model
from smoothread_agent.model.rwkv7_network import RWKV7Config
from smoothread_agent.model.rwkv7_weights import load_network


def measure(config: RWKV7Config, prefill: int, decode: int, repeats: int) -> list[dict[str, Any]]:
    """Tokens a second of either, and the ratio, for prefill and decode; and how far their logits are apart."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "random.pth"
        torch.save(author_weights(config), path)
        network = load_network(path, dtype=torch.float32, device=torch.device("cpu"))
        ours, theirs = RWKV7Model(network, fingerprint="random"), author_model(path)
    text = torch.randint(config.vocab_size, (prefill,), generator=torch.Generator().manual_seed(1)).tolist()
    runs: dict[str, list[tuple[float, float]]] = {"ours": [], "theirs": []}
    for _ in range(repeats + 1):
        runs["ours"].append(_run_ours(ours, text, decode))
        runs["theirs"].append(_run_theirs(theirs, text, decode))
    apart = (ours.read(ours.new_memory([1]), [text])[0] - theirs.forward(text, None)[0]).abs().max()
    rows = []
    for index, (phase, count) in enumerate((("prefill", prefill), ("decode", decode))):
        seconds = {name: statistics.median(run[index] for run in each[1:]) for name, each in runs.items()}
        speeds = {name: round(count / taken, 1) for name, taken in seconds.items()}
        ratio = round(seconds["theirs"] / seconds["ours"], 3)
        rows.append({"phase": phase, "tokens": count, **speeds, "ratio": ratio, "logits_apart": float(apart)})
    return rows


def _run_ours(model: RWKV7Model, text: list[int], decode: int) -> tuple[float, float]:
    memory = model.new_memory([len(text)])
    prefilled, logits = _timed(lambda: model.read(memory, [text])[0])

    def go_on() -> None:
        token = int(logits.argmax())
        for _ in range(decode):
            token = int(model.read(memory, [[token]])[0].argmax())

    return prefilled, _timed(go_on)[0]


def _run_theirs(model: Any, text: list[int], decode: int) -> tuple[float, float]:
    prefilled, (logits, state) = _timed(lambda: model.forward(text, None))

    def go_on() -> None:
        token, now = int(logits.argmax()), state
        for _ in range(decode):
            out, now = model.forward([token], now)
            token = int(out.argmax())

    return prefilled, _timed(go_on)[0]


def _timed(action: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    result = action()
    return time.perf_counter() - began, result


def author_model(path: Path) -> Any:
    """The author's model of a .pth file, fp32 on the CPU, without what it prints.

    Raises:
        ImportError: the package `rwkv` is not installed.
    """
    os.environ.update(RWKV_V7_ON="1", RWKV_JIT_ON="1", RWKV_CUDA_ON="0")  # read when it is imported
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # it is written in TorchScript, which PyTorch calls deprecated
        from rwkv.model import RWKV

        return RWKV(model=str(path.with_suffix("")), strategy="cpu fp32")


def sizes(layers: int, hidden: int, vocab_size: int, head_dim: int = 64) -> RWKV7Config:
    """The other sizes as the released models have them."""

    def rank(factor: float) -> int:
        return max(32, round(factor * math.sqrt(hidden) / 32) * 32)

    return RWKV7Config(
        vocab_size=vocab_size,
        hidden_size=hidden,
        num_layers=layers,
        num_heads=hidden // head_dim,
        head_dim=head_dim,
        ffn_size=4 * hidden,
        decay_rank=rank(2.5),
        rate_rank=rank(2.5),
        value_rank=rank(1.7),
        gate_rank=rank(5),
    )


def author_weights(config: RWKV7Config, seed: int = 0) -> dict[str, Tensor]:
    """Random weights in the author's layout: every parameter matters, no activation grows with depth."""
    generator = torch.Generator().manual_seed(seed)
    hidden, width = config.hidden_size, config.num_heads * config.head_dim

    def matrix(rows: int, columns: int, scale: float = 1.0) -> Tensor:
        return torch.randn(rows, columns, generator=generator) * scale / math.sqrt(min(rows, columns))

    def vector(size: int, mean: float, spread: float) -> Tensor:
        return (mean + spread * torch.randn(size, generator=generator)).view(1, 1, size)

    weights = {"emb.weight": matrix(config.vocab_size, hidden)}

    def norm(name: str, size: int) -> None:
        weights[f"{name}.weight"] = vector(size, 1.0, 0.1).flatten()
        weights[f"{name}.bias"] = vector(size, 0.0, 0.1).flatten()

    norm("blocks.0.ln0", hidden)
    for layer in range(config.num_layers):
        block = f"blocks.{layer}"
        norm(f"{block}.ln1", hidden)
        norm(f"{block}.ln2", hidden)
        norm(f"{block}.att.ln_x", width)
        for kind in "rwkvag":
            weights[f"{block}.att.x_{kind}"] = vector(hidden, 0.5, 0.3)
        ranks = {"w": config.decay_rank, "a": config.rate_rank, "v": config.value_rank, "g": config.gate_rank}
        for kind, rank in ranks.items():
            weights[f"{block}.att.{kind}1"] = matrix(hidden, rank)
            weights[f"{block}.att.{kind}2"] = matrix(rank, width)
            if kind != "g":
                weights[f"{block}.att.{kind}0"] = vector(width, -2.0 if kind == "w" else 0.0, 1.0)
        weights[f"{block}.att.k_k"] = vector(width, 0.8, 0.1)
        weights[f"{block}.att.k_a"] = vector(width, 1.0, 0.1)
        weights[f"{block}.att.r_k"] = matrix(config.num_heads, config.head_dim, 0.1)
        for name, rows, columns in (
            ("att.receptance", width, hidden),
            ("att.key", width, hidden),
            ("att.value", width, hidden),
            ("att.output", hidden, width),
            ("ffn.key", config.ffn_size, hidden),
            ("ffn.value", hidden, config.ffn_size),
        ):
            weights[f"{block}.{name}.weight"] = matrix(rows, columns, 0.5)
        weights[f"{block}.ffn.x_k"] = vector(hidden, 0.5, 0.3)
    norm("ln_out", hidden)
    weights["head.weight"] = matrix(config.vocab_size, hidden)
    return weights
