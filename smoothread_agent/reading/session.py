"""A session: one request on one source, from the checks before it to the typed result after it."""

import threading
from collections.abc import Iterator, Sequence

from pydantic import BaseModel, TypeAdapter, ValidationError

from smoothread_agent.errors import GrammarError
from smoothread_agent.reading.engine import Engine, Ready
from smoothread_agent.reading.loop import Finished
from smoothread_agent.reading.pages import paged_clues, paged_summary
from smoothread_agent.reading.place import lasts, result_key, task_conditions
from smoothread_agent.reading.plan import Plan
from smoothread_agent.reading.planning import Method, chunk_of, make_plan
from smoothread_agent.reading.shelf import Shelf
from smoothread_agent.reading.source_first import one_pass, read_source_first
from smoothread_agent.reading.source_memory import SourceMemory, source_memory
from smoothread_agent.reading.task_first import read_task_first
from smoothread_agent.schema import ReadingResult, ReadingStep, ReadRequest, Reuse, SourceReading
from smoothread_agent.sources import Source


def sessions(
    engine: Engine,
    method: Method,
    request: ReadRequest,
    source: Source,
    *,
    answer_schema: type[BaseModel] | None = None,
    cancelled: threading.Event | None = None,
    shelf: Shelf | None = None,
    memory: SourceMemory | None = None,
) -> Iterator[ReadingStep]:
    """Read `source` for `request`: a step for every chunk that is read, and at last the `ReadingResult`.

    Source first, several sessions may share one `memory` of the source.

    Raises:
        RequestError: the task, the chunk or the answer schema cannot be served with this window, or needs a store.
        MemoryStoreError: the store failed, where that is to end a reading.
    """
    ready = engine.ready()
    schema = TypeAdapter(answer_schema).json_schema() if answer_schema is not None else None
    plan = make_plan(ready, method, request, source, schema, cancelled, shelf)
    checkpointer = None
    if request.order == "source_first":
        memory = memory or source_memory(engine, method, source, shelf, refresh=request.refresh)
        checkpointer = memory.checkpointer
    elif shelf is not None:
        conditions = task_conditions(plan, ready, chunk_of(method, request))
        checkpointer = shelf.checkpointer(ready.model, conditions, plan.chunks, source)
    if checkpointer is not None:
        key = result_key(checkpointer.chain.conditions, plan, ready, request, source)
        if not request.refresh and (stored := checkpointer.result(key)) is not None:
            yield _as_asked(stored, key, request, source, plan, answer_schema)
            return
    try:
        if memory is not None:
            finished = yield from read_source_first(engine, ready, plan, memory)
        else:
            finished = yield from read_task_first(engine, ready, plan, checkpointer, refresh=request.refresh)
    finally:
        if checkpointer is not None:
            checkpointer.settle()  # even where the reading is left: what it has written is there
    result = _result(finished, request, source, plan, ready, answer_schema)
    if checkpointer is not None and lasts(plan, result):
        checkpointer.keep_result(key, result)
    yield result


def read_source(
    engine: Engine,
    method: Method,
    source: Source,
    requests: Sequence[ReadRequest],
    *,
    answer_schema: type[BaseModel] | None = None,
    cancelled: threading.Event | None = None,
    shelf: Shelf | None = None,
) -> SourceReading:
    """Read `source` by itself, and each of `requests` along with it. Raises as `sessions` does."""
    refresh = any(request.refresh for request in requests)
    memory = source_memory(engine, method, source, shelf, refresh=refresh)
    readings = [
        sessions(
            engine,
            method,
            request,
            source,
            answer_schema=answer_schema,
            cancelled=cancelled,
            shelf=shelf,
            memory=memory,
        )
        for request in requests
    ]
    return one_pass(memory, source.info(), readings, cancelled)


def _result(
    finished: Finished,
    request: ReadRequest,
    source: Source,
    plan: Plan,
    ready: Ready,
    answer_schema: type[BaseModel] | None,
) -> ReadingResult:
    outcome = finished.outcome
    cancelled = outcome.stop.reason == "cancelled"
    return ReadingResult(
        summary=outcome.notes.summary,
        clues=outcome.notes.clues,
        coverage=outcome.coverage,
        usage=finished.usage,
        task=request.task,
        answer=outcome.answer,
        data=None if cancelled else _parsed(answer_schema, outcome.answer),
        nearest=outcome.nearest,
        promising=outcome.notes.promising,
        stop=outcome.stop,
        source=source.info(),
        model=ready.fingerprint,
        arm=plan.arm,
        order=plan.order,
        reuse=finished.reuse,
    )


def _as_asked(
    stored: ReadingResult,
    key: str,
    request: ReadRequest,
    source: Source,
    plan: Plan,
    answer_schema: type[BaseModel] | None,
) -> ReadingResult:
    """A stored result in the words of this request, with the name and the pages of the source at hand."""
    page_of = plan.rules.page_of
    return stored.model_copy(
        update={
            "task": request.task,
            "source": source.info(),
            "clues": paged_clues(stored.clues, page_of),
            "nearest": paged_clues(stored.nearest, page_of),
            "summary": paged_summary(stored.summary, page_of),
            "data": _parsed(answer_schema, stored.answer),
            "reuse": Reuse(tokens_from_result=stored.coverage.tokens_read, result=key),
        }
    )


def _parsed(answer_schema: type[BaseModel] | None, answer: str) -> BaseModel | None:
    if answer_schema is None:
        return None
    try:
        return answer_schema.model_validate_json(answer)
    except ValidationError as error:
        raise GrammarError(
            f"the answer is no {answer_schema.__name__}: {answer!r}. Its JSON was most likely cut off: "
            "bound its strings and lists, or raise limits.answer_tokens"
        ) from error
