"""SmoothReader as a LangChain Runnable: streams, events, sequences, batches, callbacks, retries."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.runnables import RunnableLambda

from smoothread_agent import ReadingResult, ReadingStep, ReadRequest, RequestError, SmoothReader, SourceError
from smoothread_agent.reading.codec import TextCodec
from tests.readers import LIMITS, REQUEST, TASK, TEXT, same, scripted
from tests.reading.scripted import Script, scripted_engine


class Recorder(BaseCallbackHandler):
    """Writes down what a callback handler is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any, dict[str, Any]]] = []

    def on_chain_start(self, serialized: Any, inputs: Any, *, run_id: UUID, **more: Any) -> None:
        self.told.append(("start", inputs, more))

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **more: Any) -> None:
        self.told.append(("end", outputs, more))

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **more: Any) -> None:
        self.told.append(("error", error, more))


class TestStreaming:
    def test_steps_are_cumulative_and_the_result_is_last(self, reader: SmoothReader) -> None:
        steps = list(reader.stream(REQUEST))
        assert [type(step) for step in steps[:-1]] == [ReadingStep] * steps[-1].coverage.chunks_total
        assert isinstance(steps[-1], ReadingResult)
        assert same(steps[-1], reader.invoke(REQUEST))

    def test_the_same_in_async(self, reader: SmoothReader) -> None:
        async def read() -> list[ReadingStep]:
            return [step async for step in reader.astream(REQUEST)]

        assert all(map(same, asyncio.run(read()), reader.stream(REQUEST)))
        assert same(asyncio.run(reader.ainvoke(REQUEST)), reader.invoke(REQUEST))

    def test_a_stream_that_is_left_reads_no_further(self, codec: TextCodec) -> None:
        engine, model = scripted_engine(codec, Script({}))
        reader = SmoothReader(spec=engine.spec, engine=engine, chunk=120, limits=LIMITS)
        for _step in reader.stream(REQUEST):
            break
        assert len(model.feeds) == 1

    def test_events_show_every_step(self, reader: SmoothReader) -> None:
        async def listen() -> list[Any]:
            return [
                event
                async for event in reader.astream_events(REQUEST, version="v2", config={"tags": ["mine"]})
            ]

        events = asyncio.run(listen())
        steps = reader.invoke(REQUEST).coverage.chunks_total + 1
        kinds = [event["event"] for event in events]
        assert kinds == ["on_chain_start", *["on_chain_stream"] * steps, "on_chain_end"]
        assert {event["name"] for event in events} == {"SmoothReader"}
        assert {tuple(event["tags"]) for event in events} == {("mine",)}
        assert isinstance(events[-1]["data"]["output"], ReadingResult)
        assert TEXT not in str(events)

    @pytest.mark.parametrize("way", ["invoke", "stream", "ainvoke", "astream"])
    def test_what_follows_in_a_sequence_gets_the_result(self, reader: SmoothReader, way: str) -> None:
        seen: list[type] = []
        chain = reader | RunnableLambda(
            lambda result: seen.append(type(result)) or result.coverage.chunks_read
        )  # type: ignore[func-returns-value]
        chunks = reader.invoke(REQUEST).coverage.chunks_read

        async def collect() -> list[Any]:
            return [out async for out in chain.astream(REQUEST)]

        ways: dict[str, Callable[[], Any]] = {
            "invoke": lambda: [chain.invoke(REQUEST)],
            "stream": lambda: list(chain.stream(REQUEST)),
            "ainvoke": lambda: [asyncio.run(chain.ainvoke(REQUEST))],
            "astream": lambda: asyncio.run(collect()),
        }
        assert ways[way]() == [chunks]
        assert seen == [ReadingResult]

    def test_it_can_follow_in_a_sequence(self, reader: SmoothReader) -> None:
        chain = RunnableLambda(lambda text: {"task": TASK, "source": text}) | reader
        assert same(chain.invoke(TEXT), reader.invoke(REQUEST))
        assert same(list(chain.stream(TEXT))[-1], reader.invoke(REQUEST))


class TestBatches:
    REQUESTS: tuple[dict[str, Any], ...] = (
        REQUEST,
        {"task": "", "source": TEXT},
        {**REQUEST, "max_chunks": 1},
    )

    def check(self, results: list[Any], reader: SmoothReader) -> None:
        assert same(results[0], reader.invoke(REQUEST))
        assert isinstance(results[1], RequestError)
        assert results[2].coverage.chunks_read == 1

    def test_batch(self, reader: SmoothReader) -> None:
        self.check(reader.batch(list(self.REQUESTS), return_exceptions=True), reader)
        with pytest.raises(RequestError):
            reader.batch(list(self.REQUESTS))

    def test_abatch(self, reader: SmoothReader) -> None:
        self.check(asyncio.run(reader.abatch(list(self.REQUESTS), return_exceptions=True)), reader)
        with pytest.raises(RequestError):
            asyncio.run(reader.abatch(list(self.REQUESTS)))

    def test_as_completed(self, reader: SmoothReader) -> None:
        done = dict(reader.batch_as_completed([REQUEST, {**REQUEST, "max_chunks": 1}]))
        assert {index: result.coverage.chunks_read for index, result in done.items()} == {
            0: reader.invoke(REQUEST).coverage.chunks_read,
            1: 1,
        }


class TestCallbacks:
    @pytest.mark.parametrize("way", ["invoke", "stream", "ainvoke", "astream"])
    def test_handlers_see_the_run_and_never_the_whole_text(self, reader: SmoothReader, way: str) -> None:
        recorder = Recorder()
        config: Any = {
            "callbacks": [recorder], "tags": ["mine"], "metadata": {"tenant": "a"}, "run_name": "my reading"
        }  # fmt: skip

        async def drain() -> None:
            async for _step in reader.astream(REQUEST, config):
                pass

        ways: dict[str, Callable[[], object]] = {
            "invoke": lambda: reader.invoke(REQUEST, config),
            "stream": lambda: list(reader.stream(REQUEST, config)),
            "ainvoke": lambda: asyncio.run(reader.ainvoke(REQUEST, config)),
            "astream": lambda: asyncio.run(drain()),
        }
        ways[way]()
        (began, inputs, start), (ended, output, end) = recorder.told
        assert (began, ended) == ("start", "end")
        assert (start["name"], start["tags"], start["metadata"]["tenant"]) == ("my reading", ["mine"], "a")
        assert isinstance(output, ReadingResult)
        seen = inputs if way in ("invoke", "ainvoke") else end["inputs"]
        assert seen == {"task": TASK, "source": f"str of {len(TEXT)} characters"}

    @pytest.mark.parametrize(
        ("source", "shown"),
        [
            (TEXT.encode(), f"bytes of {len(TEXT)} bytes"),
            ([Document(TEXT)], "list"),
            (Document(TEXT), "Document"),
            (Path("book.txt"), "book.txt"),
        ],
    )
    def test_every_source_is_shown_in_brief(self, codec: TextCodec, source: Any, shown: str) -> None:
        for input in ({"task": TASK, "source": source}, ReadRequest(task=TASK, source=source)):
            recorder = Recorder()
            try:
                scripted(codec).invoke(input, {"callbacks": [recorder]})
            except SourceError:
                assert shown == "book.txt"
            assert recorder.told[0][1] == {"task": TASK, "source": shown}

    def test_errors_are_told(self, reader: SmoothReader) -> None:
        recorder = Recorder()
        with pytest.raises(SourceError):
            reader.invoke({"task": TASK, "source": ""}, {"callbacks": [recorder]})
        assert [kind for kind, _, _ in recorder.told] == ["start", "error"]
        assert isinstance(recorder.told[1][1], SourceError)

    def test_with_config(self, reader: SmoothReader) -> None:
        recorder = Recorder()
        reader.with_config(tags=["fixed"], run_name="named").invoke(REQUEST, {"callbacks": [recorder]})
        assert (recorder.told[0][2]["name"], recorder.told[0][2]["tags"]) == ("named", ["fixed"])

    def test_with_retry_reads_again(self, codec: TextCodec) -> None:
        script, failures = (
            Script({"Ann": ["Ann was born in Troyford."]}, answer="Troyford"),
            [OSError("the disk")],
        )

        def mind(stream: str) -> Any:
            if failures and "sea was calm" in stream:
                raise failures.pop()
            return script(stream)

        reader = scripted(codec, mind).with_retry(
            retry_if_exception_type=(OSError,), stop_after_attempt=2, wait_exponential_jitter=False
        )
        assert same(reader.invoke(REQUEST), scripted(codec).invoke(REQUEST))
        assert failures == []
