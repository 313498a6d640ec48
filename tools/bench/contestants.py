"""Four ways to get through the same tokens with the same weights, each timed from the first token to the last."""

import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import torch

from smoothread_agent.reader import SmoothReader
from smoothread_agent.reading.engine import shipped_adapter
from smoothread_agent.reading.policy import Limits, StopPolicy, Thresholds
from smoothread_agent.schema import ReadingResult

TASK = "What is the access code of the lighthouse at Port Verrin?"
"""A question that the bench's text does not touch: every round is free of evidence."""


def bare(text: str, tokens: int, window: int, chunk: int) -> dict[str, Any]:
    """The limit: chunked prefill into the same window, and nothing else."""
    reader = _reader(window, chunk)
    ready = reader.opened().ready()
    ids = ready.codec.plain(text)[:tokens]
    memory = ready.model.pin([ready.codec.markup("<|im_start|>system\nRead.")])
    began = time.perf_counter()
    for at in range(0, len(ids), chunk):
        ready.model.read(memory, [ids[at : at + chunk]])
    return {"tokens": len(ids), "seconds": time.perf_counter() - began}


def smooth(text: str, tokens: int, window: int, chunk: int) -> dict[str, Any]:
    """SmoothReader as a user calls it, from the call to the last step: chunking, rounds, decisions."""
    reader = _reader(window, chunk)
    codec = reader.opened().ready().codec
    part = text[: int(codec.token_starts(text)[: tokens + 1][-1])]
    began = read = time.perf_counter()
    for step in reader.stream({"task": TASK, "source": part}):
        if not isinstance(step, ReadingResult):
            read = time.perf_counter()
    assert isinstance(step, ReadingResult)
    result = step
    return {
        "tokens": result.usage.tokens_read,
        "seconds": read - began,
        "answer_seconds": time.perf_counter() - read,
        "rounds": result.usage.rounds,
        "decoded_per_round": result.usage.decoded_per_round,
        "forced_per_round": result.usage.tokens_forced / max(1, result.usage.rounds),
        "clues": len(result.clues),
    }


def full(text: str, tokens: int, window: int, chunk: int) -> dict[str, Any]:
    """transformers, the whole text in one round under full attention."""
    from smoothread_agent.model.loading import load_model
    from smoothread_agent.model.resolve import resolve

    files = resolve(None)
    loaded = load_model(files, adapter=shipped_adapter(files.name))
    ids = torch.tensor([loaded.tokenizer(text, add_special_tokens=False).input_ids[:tokens]])
    began = time.perf_counter()
    with torch.inference_mode():
        loaded.model(ids, use_cache=True, logits_to_keep=1)
    return {"tokens": ids.shape[1], "seconds": time.perf_counter() - began}


def llama_cpp(text: str, tokens: int, window: int, chunk: int) -> dict[str, Any]:
    """llama.cpp on the GGUF file that the weights come from, under full attention."""
    from llama_cpp import Llama

    from smoothread_agent.model.resolve import default_gguf

    model = Llama(
        str(default_gguf()), n_ctx=tokens + 8, n_batch=512, n_threads=torch.get_num_threads(), verbose=False
    )
    ids = model.tokenize(text.encode(), add_bos=False)[:tokens]
    began = time.perf_counter()
    model.eval(ids)
    return {"tokens": len(ids), "seconds": time.perf_counter() - began}


CONTESTANTS: dict[str, Callable[[str, int, int, int], dict[str, Any]]] = {
    "bare": bare,
    "smooth": smooth,
    "full": full,
    "llama.cpp": llama_cpp,
}


def installed(name: str) -> bool:
    """Whether a contestant can run here."""
    return name != "llama.cpp" or find_spec("llama_cpp") is not None


def _reader(window: int, chunk: int) -> SmoothReader:
    """A reader that takes no clue, whatever its model is: what is timed is reading text free of evidence."""
    nothing = Thresholds(new=1.0)
    return SmoothReader.from_pretrained(
        window=window,
        chunk=chunk,
        thresholds=nothing,
        stop=StopPolicy(when="never"),
        limits=Limits(looks_again=0),
    )
