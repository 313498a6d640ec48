"""SmoothReader: the Runnable, the one public door."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from langchain_core.runnables import RunnableConfig
from pydantic import BaseModel
from typing_extensions import override

from smoothread_agent.errors import RequestError
from smoothread_agent.inputs import request_of, traced
from smoothread_agent.memory.protocol import Found
from smoothread_agent.reading.session import read_source, sessions
from smoothread_agent.schema import ReadingResult, ReadingStep, ReadRequest, SourceReading
from smoothread_agent.settings import ReaderSettings
from smoothread_agent.sources import load_source


class SmoothReader(ReaderSettings):
    """Reads a long source for a task, chunk by chunk, with a recurrent LLM.

    Input: a `ReadRequest`, a dict with its fields, or, with a bound `task`, a bare source (text, a path, bytes, a
    Blob, Documents, a folder, an iterable of these). `invoke` returns a `ReadingResult`; `stream` yields a
    cumulative `ReadingStep` after every chunk, and the `ReadingResult` last.

    Readings on several threads take turns at the model, one forward pass at a time. An async reading that is
    cancelled stops the model before its next chunk.

        reader = SmoothReader.from_pretrained()
        result = reader.invoke({"task": "Which port does the server use?", "source": Path("manual.pdf")})
    """

    @property
    @override
    def InputType(self) -> Any:
        return ReadRequest

    @property
    @override
    def OutputType(self) -> type[ReadingStep]:
        return ReadingResult

    @override
    def get_input_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        return ReadRequest

    @override
    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> ReadingResult:
        def run(_: Any) -> ReadingStep:
            return _last(self._steps(input, None, kwargs))

        return self._call_with_config(run, traced(input), config, run_type="chain")  # type: ignore[return-value]

    @override
    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> ReadingResult:
        async def run(_: Any) -> ReadingStep:
            last = None
            async for step in self._asteps(input, kwargs):
                last = step
            assert last is not None
            return last

        return await self._acall_with_config(run, traced(input), config, run_type="chain")  # type: ignore[return-value]

    @override
    def stream(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Iterator[ReadingStep]:
        def run(_: Iterator[Any]) -> Iterator[ReadingStep]:
            for _traced_input in _:
                yield from self._steps(input, None, kwargs)

        yield from self._transform_stream_with_config(iter([traced(input)]), run, config, run_type="chain")

    @override
    async def astream(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> AsyncIterator[ReadingStep]:
        async def run(_: AsyncIterator[Any]) -> AsyncIterator[ReadingStep]:
            async for _traced_input in _:
                async for step in self._asteps(input, kwargs):
                    yield step

        async def once() -> AsyncIterator[Any]:
            yield traced(input)

        async for step in self._atransform_stream_with_config(once(), run, config, run_type="chain"):
            yield step

    def read(self, request: Any, *, cancelled: threading.Event | None = None) -> Iterator[ReadingStep]:
        """As `stream`, without callbacks; once `cancelled` is set, the reading ends before its next chunk."""
        return self._steps(request, cancelled, {})

    def read_source(
        self,
        source: Any,
        tasks: Sequence[str | dict[str, Any]] = (),
        *,
        cancelled: threading.Event | None = None,
    ) -> SourceReading:
        """Read a source by itself, so that later requests with `order="source_first"` need not read it again.

        Args:
            source: as in a request.
            tasks: read for in the same pass, each in its own fork of the memory: questions, or requests without source.
            cancelled: once it is set, the pass ends before its next chunk.

        Raises:
            RequestError: there is neither a store nor a task, so nothing would come of it; or a task is no request.
        """
        if self.store is None and not tasks:
            raise RequestError("nothing would be kept: give the reader a store, or tasks to read for")
        loaded = load_source(source, allowed_roots=self.allowed_roots)
        fixed = {"source": loaded, "order": "source_first", "visit": "in_order"}
        given = [{"task": task} if isinstance(task, str) else task for task in tasks]
        return read_source(
            self.opened(),
            self.method,
            loaded,
            [request_of({**each, **fixed}, self.defaults) for each in given],
            answer_schema=self.answer_schema,
            cancelled=cancelled,
            shelf=self.shelf,
        )

    def find_sources(self, query: str, limit: int = 5) -> list[Found]:
        """Of all sources that were read into the store, those closest to `query`, best first.

        Raises:
            RequestError: there is no store.
            MemoryStoreError: the store failed.
        """
        if self.store is None:
            raise RequestError("nothing that was read is kept: give the reader a store to find sources in")
        return self.store.find_sources(query, limit)

    def _steps(
        self, input: Any, cancelled: threading.Event | None, bound: dict[str, Any]
    ) -> Iterator[ReadingStep]:
        request = request_of(input, self.defaults | bound)
        source = load_source(request.source, allowed_roots=self.allowed_roots)
        yield from sessions(
            self.opened(),
            self.method,
            request,
            source,
            answer_schema=self.answer_schema,
            cancelled=cancelled,
            shelf=self.shelf,
        )

    async def _asteps(self, input: Any, bound: dict[str, Any]) -> AsyncIterator[ReadingStep]:
        """The steps, each computed on a worker thread. Whoever stops listening stops the reading."""
        cancelled = threading.Event()
        steps = self._steps(input, cancelled, bound)
        try:
            while True:
                step = await asyncio.to_thread(next, steps, None)
                if step is None:
                    return
                yield step
        finally:
            cancelled.set()


def _last(steps: Iterator[ReadingStep]) -> ReadingStep:
    last = None
    for step in steps:
        last = step
    assert last is not None, "a reading ends with its result"
    return last
