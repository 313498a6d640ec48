"""What stored memory saves: a second question, a source that grew, the same request; and what keeping it costs."""

import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any

from smoothread_agent.memory.codec import Codec
from smoothread_agent.memory.store import MemoryStore
from smoothread_agent.reader import SmoothReader
from smoothread_agent.reading.engine import EngineSpec
from smoothread_agent.reading.policy import Limits, StopPolicy, Thresholds
from smoothread_agent.schema import ReadingResult
from tools.bench.contestants import TASK

OTHER = "Who painted the ceiling of the town hall of Port Verrin?"
"""A second question, which the text does not touch either."""


class TimedStore(MemoryStore):
    """A store that counts the seconds it takes: those waited for, and those of a processor beside the reading.

    The latter are counted whole, as if the reading had but that one.
    """

    seconds = 0.0

    def save(self, *given: Any, **more: Any) -> Any:
        """See `Store.save`."""
        return self._timed(lambda: super(TimedStore, self).save(*given, **more))

    def restore(self, *given: Any, **more: Any) -> Any:
        """See `Store.restore`."""
        return self._timed(lambda: super(TimedStore, self).restore(*given, **more))

    def _timed(self, call: Callable[[], Any]) -> Any:
        waited_for = threading.current_thread() is threading.main_thread()
        clock = time.perf_counter if waited_for else time.thread_time
        began = clock()
        try:
            return call()
        finally:
            self.seconds += clock() - began


def bench_reader(spec: EngineSpec, chunk: int) -> SmoothReader:
    """A reader that takes no clue and answers briefly, whatever its model is: what is timed is reading."""
    reader = SmoothReader(
        spec=spec,
        chunk=chunk,
        thresholds=Thresholds(new=1.0),
        stop=StopPolicy(when="never"),
        limits=Limits(answer_tokens=8, looks_again=0),
    )
    reader.opened().ready()
    return reader


def measure_reuse(
    reader: SmoothReader, tokens: int, grown: int, promising: int, codec: Codec, tell: Callable[[str], object]
) -> list[dict[str, Any]]:
    """Each way of reading the same text, in one run: seconds, their share of the first's, where its tokens came from.

    Args:
        reader: takes no clue (`bench_reader`).
        tokens: length of the text.
        grown: tokens that are added to it, to be read on.
        promising: chunks that are visited in the order of promise.
        codec: of the stores.
        tell: told what is being measured.
    """
    starts = reader.opened().ready().codec.token_starts(_text(tokens + grown))
    whole = _text(tokens + grown)[: int(starts[: tokens + grown + 1][-1])]
    text = whole[: int(starts[tokens])]
    rows: list[dict[str, Any]] = []

    def timed(name: str, store: TimedStore | None, source: str, task: str, **more: Any) -> None:
        tell(name)
        before = 0.0 if store is None else store.seconds
        began = time.perf_counter()
        result = reader.model_copy(update={"store": store}).invoke({"task": task, "source": source, **more})
        rows.append(_row(name, time.perf_counter() - began, result, rows))
        rows[-1]["store_s"] = round(0.0 if store is None else store.seconds - before, 3)
        rows[-1]["disk_mib"] = 0.0 if store is None else _mebibytes(store)

    with tempfile.TemporaryDirectory() as folder:
        stores = [TimedStore(Path(folder) / name, codec=codec) for name in ("task", "source")]
        task_first, source_first = stores
        timed("task first, no store", None, text, TASK)
        timed("task first, checkpoints", task_first, text, TASK)
        timed("the same request", task_first, text, TASK)
        timed("the source grew", task_first, whole, TASK)
        order: dict[str, Any] = {"order": "source_first"}
        timed("source first, first question", source_first, text, TASK, **order)
        timed("source first, second question", source_first, text, OTHER, **order)
        promise = {**order, "visit": "promise", "max_chunks": promising}
        timed(f"second question, the {promising} likeliest chunks", source_first, text, OTHER, **promise)
    return rows


def ratios(rows: list[dict[str, Any]]) -> dict[str, float]:
    """What is promised, each within one run."""
    seconds = {row["reading"]: row["seconds"] for row in rows}
    kept = next(row for row in rows if row["reading"] == "task first, checkpoints")
    first = seconds["source first, first question"]
    likeliest = next(name for name in seconds if "likeliest" in name)
    return {
        "checkpoints_share_of_reading": round(kept["store_s"] / (kept["seconds"] - kept["store_s"]), 4),
        "first_over_same_request": round(kept["seconds"] / seconds["the same request"], 1),
        "first_over_source_that_grew": round(kept["seconds"] / seconds["the source grew"], 1),
        "first_over_second_question": round(first / seconds["source first, second question"], 2),
        "first_over_likeliest_chunks": round(first / seconds[likeliest], 1),
    }


def _row(name: str, seconds: float, result: ReadingResult, before: list[dict[str, Any]]) -> dict[str, Any]:
    reuse = result.reuse
    return {
        "reading": name,
        "seconds": round(seconds, 3),
        "of_the_first": round(seconds / before[0]["seconds"], 3) if before else 1.0,
        "chunks": result.coverage.chunks_read,
        "tokens_read": reuse.tokens_read_now,
        "tokens_restored": reuse.tokens_from_checkpoint + reuse.tokens_from_result,
    }


def _mebibytes(store: MemoryStore) -> float:
    return round(sum(entry.nbytes for entry in store.entries()) / 2**20, 1)


def _text(tokens: int) -> str:
    """Python's own help topics, repeated where a length asks for more."""
    text = "\n\n\n".join(topics.values())
    return text * (1 + tokens * 6 // len(text))
