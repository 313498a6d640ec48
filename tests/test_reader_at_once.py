"""Many readings at once on one engine: threads, tasks that are cancelled, streams that pause."""

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from smoothread_agent import ReadingResult, ReadingStep, SmoothReader, Thresholds
from smoothread_agent.memory.maintenance import verify
from smoothread_agent.memory.policy import CheckpointPolicy
from smoothread_agent.memory.store import MemoryStore
from smoothread_agent.reading.codec import TextCodec
from tests.model.saved import tiny_tokenizer
from tests.readers import LIMITS
from tests.reading.scripted import Script, ScriptedModel, Wish, scripted_engine

TEXT = "\n\n\n".join(f"Part {number}. " + "The sea was calm that day. " * 6 for number in range(6))
REQUEST = {"task": "How was the sea?", "source": TEXT}


class Gate:
    """A scripted mind that stops at one forward pass until it is let through."""

    def __init__(self, at: int) -> None:
        self.at, self.passes, self.script = at, 0, Script({})
        self.reached, self.let_through = threading.Event(), threading.Event()

    def __call__(self, stream: str) -> Wish:
        self.passes += 1
        if self.passes == self.at:
            self.reached.set()
            assert self.let_through.wait(60)
        return self.script(stream)


def gated(at: int) -> tuple[SmoothReader, Gate, ScriptedModel]:
    gate = Gate(at)
    engine, model = scripted_engine(TextCodec(tiny_tokenizer()), gate)
    return SmoothReader(spec=engine.spec, engine=engine, chunk=200, limits=LIMITS), gate, model


async def until(event: threading.Event) -> None:
    while not event.is_set():
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("way", ["ainvoke", "astream", "abatch", "astream_events"])
def test_cancelling_stops_the_model_within_a_chunk(way: str) -> None:
    reader, gate, model = gated(at=2)

    async def run() -> None:
        if way == "ainvoke":
            await reader.ainvoke(REQUEST)
        elif way == "abatch":
            await reader.abatch([REQUEST])
        else:
            stream: AsyncIterator[Any] = (
                reader.astream(REQUEST) if way == "astream" else reader.astream_events(REQUEST, version="v2")
            )
            async for _ in stream:
                pass

    async def cancel() -> None:
        task = asyncio.create_task(run())
        await until(gate.reached)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 30)
        gate.let_through.set()

    asyncio.run(cancel())  # waits for the threads it has started
    assert len(model.feeds) == 2


def test_a_timeout_is_a_cancelling() -> None:
    reader, gate, model = gated(at=3)

    async def hurried() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(reader.ainvoke(REQUEST), 1.0)
        gate.let_through.set()

    asyncio.run(hurried())
    assert len(model.feeds) <= 3


def test_an_async_stream_that_is_left_reads_no_further() -> None:
    reader, _gate, model = gated(at=0)

    async def peek() -> ReadingStep:
        async for step in reader.astream(REQUEST):
            return step
        raise AssertionError("no step")

    assert asyncio.run(peek()).coverage.chunks_read == 1
    assert len(model.feeds) == 1


def test_while_one_reads_the_event_loop_turns() -> None:
    reader, gate, _ = gated(at=1)

    async def both() -> int:
        task = asyncio.create_task(reader.ainvoke(REQUEST))
        await until(gate.reached)
        turns = 0
        for _ in range(20):
            await asyncio.sleep(0)
            turns += 1
        gate.let_through.set()
        await task
        return turns

    assert asyncio.run(both()) == 20


def test_a_reading_can_be_cancelled_from_outside() -> None:
    reader, _, _ = gated(at=0)
    switch = threading.Event()
    steps = []
    for step in reader.read(REQUEST, cancelled=switch):
        steps.append(step)
        switch.set()
    assert [type(step) for step in steps] == [ReadingStep, ReadingResult]
    assert isinstance(steps[-1], ReadingResult)
    assert (steps[-1].stop.reason, steps[-1].coverage.chunks_read) == ("cancelled", 1)


@pytest.fixture(scope="module")
def eager(tiny_folder: Path) -> SmoothReader:
    return SmoothReader.from_pretrained(
        tiny_folder, window=400, chunk=120, limits=LIMITS, thresholds=Thresholds(new=0.0, keep=0.0)
    )


def found(result: ReadingStep) -> dict[str, Any]:
    return result.model_dump(exclude={"usage": {"seconds"}})


def test_readings_on_several_threads_come_to_what_each_comes_to_alone(eager: SmoothReader) -> None:
    requests = [
        {"task": f"Task {number}?", "source": TEXT[number * 50 :], "max_chunks": 2} for number in range(6)
    ]
    alone = [found(eager.invoke(request)) for request in requests]
    with ThreadPoolExecutor(6) as pool:
        at_once = list(pool.map(lambda request: found(eager.invoke(request)), requests))
    assert at_once == alone
    assert [found(result) for result in eager.batch(requests)] == alone
    assert [found(result) for result in asyncio.run(eager.abatch(requests))] == alone
    assert len({str(result["clues"]) for result in alone}) > 1


def test_readings_at_once_share_a_store(eager: SmoothReader, tmp_path: Path) -> None:
    requests = [
        {"task": f"Task {number % 3}?", "source": TEXT, "max_chunks": 2 + number // 3} for number in range(6)
    ]
    alone = [found(eager.invoke(request)) for request in requests]
    store = MemoryStore(tmp_path, policy=CheckpointPolicy(every=1))
    keeping = eager.model_copy(update={"store": store})
    at_once = [*keeping.batch(requests), *asyncio.run(keeping.abatch(requests))]
    reused = {"reuse": None}  # what came from another thread's checkpoints is a matter of chance
    assert [found(result) | reused for result in at_once] == [result | reused for result in alone * 2]
    assert all(result.reuse.result for result in at_once[6:])
    assert verify(store) == []


def test_a_stream_that_pauses_holds_up_no_other_reading(eager: SmoothReader) -> None:
    expected = found(eager.invoke(REQUEST))
    paused = eager.stream(REQUEST)
    next(paused)
    done: list[ReadingStep] = []
    other = threading.Thread(
        target=lambda: done.append(eager.invoke({**REQUEST, "max_chunks": 1})), daemon=True
    )
    other.start()
    other.join(60)
    assert [result.coverage.chunks_read for result in done] == [1]
    assert found(list(paused)[-1]) == expected
