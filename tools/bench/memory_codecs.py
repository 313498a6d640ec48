"""What a checkpoint costs in bytes and time, and what a codec changes of the memory and of the logits after it."""

import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

import torch

from smoothread_agent.memory.chain import Chain, Conditions, digest
from smoothread_agent.memory.codec import Codec, decode, encode, measure
from smoothread_agent.memory.entries import ReadingState
from smoothread_agent.memory.store import MemoryStore
from smoothread_agent.model.memory import HiddenMemory
from smoothread_agent.reading.engine import Engine
from smoothread_agent.schema import SourceInfo

CODECS: tuple[Codec, ...] = ("exact", "bf16", "int8")


def measure_codecs(engine: Engine, tokens: int, after: int, repeats: int) -> list[dict[str, Any]]:
    """Read `tokens` tokens, then `after` more from each codec's memory, and compare with the exact one.

    Saving and restoring go to this machine's temporary folder, whose files are in its cache: medians of `repeats`.
    """
    ready = engine.ready()
    model, codec = ready.model, ready.codec
    stream = codec.plain(_text(tokens + after))[: tokens + after]
    memory = model.pin([codec.markup(codec.chat.opening + "You read a long text part by part.")])
    model.read(memory, [stream[:tokens]])
    exact = _logits(model, memory, stream[tokens:])
    kept = model.essence(memory)
    rows = []
    for name in CODECS:
        back = model.whole(decode(encode(kept, name), model.device))
        logits = _logits(model, back, stream[tokens:])
        rows.append(
            {
                "codec": name,
                **_files(kept, name, str(model.dtype).removeprefix("torch."), repeats),
                "memory_relative_error": measure(kept, name).relative,
                "logits_largest_error": float((logits - exact).abs().max()),
                "logits_mean_kl": _kl(exact, logits),
                "same_next_token": float((logits.argmax(-1) == exact.argmax(-1)).float().mean()),
            }
        )
    return rows


def _logits(model: Any, memory: HiddenMemory, stream: list[int]) -> torch.Tensor:
    """Logits `[token, vocab]` after each token of `stream`, read into a fork."""
    memory = model.fork(memory)
    return torch.stack([model.read(memory, [[token]])[0] for token in stream]).cpu()


def _kl(exact: torch.Tensor, other: torch.Tensor) -> float:
    """Mean divergence of the next token's distribution, in nats."""
    one, two = exact.double().log_softmax(-1), other.double().log_softmax(-1)
    return float((one.exp() * (one - two)).sum(-1).mean())


def _files(memory: HiddenMemory, codec: Codec, dtype: str, repeats: int) -> dict[str, float]:
    """Bytes, and median seconds to save and to restore on this disk (its cache warm)."""
    conditions = Conditions(model="bench", dtype=dtype, wording="1", chunk=512, task="bench")
    with tempfile.TemporaryDirectory() as folder:
        store = MemoryStore(folder, codec=codec)
        chain = Chain.of(conditions, ["chunk"])
        source = SourceInfo(name="bench", digest=digest(b"chunk"), characters=5)
        state = ReadingState(chunks_read=1)
        save = _median(repeats, lambda: store.save(chain, memory, state, source=source))
        restore = _median(repeats, lambda: store.restore(chain))
        (entry,) = store.entries()
    return {"nbytes": entry.nbytes, "save_s": round(save, 4), "restore_s": round(restore, 4)}


def _median(repeats: int, call: Callable[[], object]) -> float:
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def _text(tokens: int) -> str:
    """Some of Python's own documentation: real prose that is on every machine that runs this."""
    import argparse
    import logging as logs
    import pydoc
    import subprocess

    text = "\n\n".join(pydoc.plain(pydoc.render_doc(module)) for module in (subprocess, argparse, logs))
    return text[: 8 * tokens]
