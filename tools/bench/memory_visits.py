"""Accuracy and time by the order of reading: task first, and source first with its chunks in order or by promise."""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from smoothread_agent.memory.store import MemoryStore
from smoothread_agent.reader import SmoothReader
from tools.bench.cases import cases_in_turn
from tools.evaluate.answers import share_found
from tools.evaluate.case import Case

TASKS = (("ruler", "niah_single_text"), ("ruler", "niah_multikey"), ("probes", "natural"))
"""Tasks whose one piece of evidence lies anywhere."""


def measure_visits(
    reader: SmoothReader, tokens: int, cases: int, promising: int, tell: Callable[[str], object]
) -> list[dict[str, Any]]:
    """For each way of reading the same cases: share of the references found, and means of seconds and chunks.

    Source first, the source was read before, and its seconds have a row of their own.

    Args:
        reader: reads as it does by default.
        tokens: length of each case's text.
        cases: how many, of `TASKS` in turn.
        promising: chunks that the last row visits at the most.
        tell: told what is being measured.
    """
    source_first: dict[str, Any] = {"order": "source_first"}
    by_promise = {**source_first, "visit": "promise"}
    ways: dict[str, dict[str, Any]] = {
        "task first": {},
        "source first, in order": source_first,
        "source first, by promise": by_promise,
        f"source first, the {promising} likeliest": {**by_promise, "max_chunks": promising},
    }
    codec = reader.opened().ready().codec
    found: dict[str, list[tuple[float, float, int]]] = {way: [] for way in ways}
    first: list[float] = []
    for number, case in enumerate(cases_in_turn(TASKS, codec, tokens, cases), start=1):
        tell(f"visits: case {number} of {cases}")
        with tempfile.TemporaryDirectory() as folder:
            keeping = reader.model_copy(update={"store": MemoryStore(Path(folder))})
            began = time.perf_counter()
            keeping.read_source(case.text)
            first.append(time.perf_counter() - began)
            for way, options in ways.items():
                found[way].append(_asked(keeping if options else reader, case, options))
    rows = [
        {
            "reading": way,
            "cases": cases,
            "found": round(statistics.mean(share for share, _, _ in each), 3),
            "seconds": round(statistics.mean(seconds for _, seconds, _ in each), 2),
            "chunks": round(statistics.mean(chunks for _, _, chunks in each), 1),
        }
        for way, each in found.items()
    ]
    reading_it = {
        "reading": "the source, before",
        "cases": cases,
        "seconds": round(statistics.mean(first), 2),
    }
    return [*rows, {**rows[0], "found": "", "chunks": "", **reading_it}]


def _asked(reader: SmoothReader, case: Case, options: dict[str, Any]) -> tuple[float, float, int]:
    """Share found, seconds, chunks visited."""
    began = time.perf_counter()
    result = reader.invoke({"task": case.question, "source": case.text, **options})
    seconds = time.perf_counter() - began
    return share_found(result.answer, case.wanted), seconds, result.coverage.chunks_read
