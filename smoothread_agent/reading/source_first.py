"""Source first: every round is read into a fork of the source's own memory, and the fork is dropped."""

import threading
import time
from collections.abc import Generator, Iterator, Sequence

from smoothread_agent.reading.decoder import Decoder
from smoothread_agent.reading.engine import Engine, Ready
from smoothread_agent.reading.loop import Finished, read
from smoothread_agent.reading.plan import Plan, tokens_in
from smoothread_agent.reading.policy import Budget
from smoothread_agent.reading.scheduler import run
from smoothread_agent.reading.source_memory import SourceMemory
from smoothread_agent.schema import Coverage, ReadingResult, ReadingStep, SourceInfo, SourceReading, Usage


def read_source_first(
    engine: Engine, ready: Ready, plan: Plan, memory: SourceMemory
) -> Generator[ReadingStep, None, Finished]:
    """Read for a task, in the order of the plan's chunks; yields a step for each of them."""
    in_order = all(chunk.index == place for place, chunk in enumerate(plan.chunks))
    tokens = 0 if in_order else memory.read_through(plan.budget)
    decoder = Decoder(
        ready.codec, ready.model.vocab_size, ready.notes.calibration, usage=Usage(tokens_read=tokens)
    )
    outcome = yield from run(
        ready.model, decoder.run(read(plan)), memory.pinned, engine.turn, recall=memory.after
    )
    visited = plan.chunks[: outcome.coverage.chunks_read]
    return Finished(outcome, decoder.usage, memory.reuse(visited))


def one_pass(
    memory: SourceMemory,
    source: SourceInfo,
    readings: Sequence[Iterator[ReadingStep]],
    cancelled: threading.Event | None,
) -> SourceReading:
    """Read a source once, for any number of readings that all recall `memory`, and for its store.

    Each reading takes its round after a chunk before the next chunk is read, so that no chunk is read twice. Without a
    store, the pass ends with the last of the readings.
    """
    began, budget = time.monotonic(), Budget(cancelled=cancelled)
    results: dict[int, ReadingResult] = {}
    tokens = chunks = 0
    while len(results) < len(readings):
        if chunks < len(memory.chunks) and not budget.is_cancelled():
            chunks += 1
            tokens += memory.read_to(chunks)
        for place, reading in enumerate(readings):
            if place not in results and isinstance(step := next(reading), ReadingResult):
                results[place] = step
    if memory.checkpointer is not None:
        tokens += memory.read_through(budget)
    reached = memory.chunks[: memory.reached]
    return SourceReading(
        source=source,
        coverage=Coverage(
            chunks_read=len(reached),
            chunks_total=len(memory.chunks),
            tokens_read=tokens_in(reached),
            tokens_total=tokens_in(memory.chunks),
            truncated=len(reached) < len(memory.chunks),
        ),
        usage=Usage(tokens_read=tokens, seconds=time.monotonic() - began),
        reuse=memory.reuse(reached),
        results=tuple(results[place] for place in range(len(readings))),
    )
