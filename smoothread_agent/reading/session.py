"""A session: one request on one source, from the checks before it to the typed result after it."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, TypeAdapter, ValidationError

from smoothread_agent.errors import GrammarError
from smoothread_agent.memory.chain import Chain
from smoothread_agent.memory.checkpointer import Checkpointer
from smoothread_agent.memory.protocol import Store
from smoothread_agent.reading.engine import Engine, Ready
from smoothread_agent.reading.loop import Finished, Plan
from smoothread_agent.reading.place import conditions_of, lasts, paged_clues, paged_summary, result_key
from smoothread_agent.reading.planning import Method, chunk_of, make_plan
from smoothread_agent.reading.task_first import read_task_first
from smoothread_agent.schema import ReadingResult, ReadingStep, ReadRequest, Reuse
from smoothread_agent.sources import Source

__all__ = ["Method", "Shelf", "sessions"]


@dataclass(frozen=True)
class Shelf:
    """Where readings are kept, and whether a store that fails ends them."""

    store: Store
    strict: bool = False

    def checkpointer(self, plan: Plan, ready: Ready, chunk: int, source: Source) -> Checkpointer:
        """The dealings of one reading with the store."""
        chain = Chain.of(conditions_of(plan, ready, chunk), (each.text for each in plan.chunks))
        return Checkpointer(
            self.store, chain, source.info(), self.store.policy_for(plan.order), strict=self.strict
        )


def sessions(
    engine: Engine,
    method: Method,
    request: ReadRequest,
    source: Source,
    *,
    answer_schema: type[BaseModel] | None = None,
    cancelled: threading.Event | None = None,
    shelf: Shelf | None = None,
) -> Iterator[ReadingStep]:
    """Read `source` for `request`: a step for every chunk that is read, and at last the `ReadingResult`.

    Raises:
        RequestError: the task, the chunk or the answer schema cannot be served with this window.
        MemoryStoreError: the store failed, where that is to end a reading.
    """
    ready = engine.ready()
    schema = TypeAdapter(answer_schema).json_schema() if answer_schema is not None else None
    plan = make_plan(ready, method, request, source, schema, cancelled)
    checkpointer = None
    if shelf is not None:
        checkpointer = shelf.checkpointer(plan, ready, chunk_of(method, request), source)
        key = result_key(checkpointer.chain.conditions, plan, ready, request, source)
        if not request.refresh and (stored := checkpointer.result(key)) is not None:
            yield _as_asked(stored, key, request, source, plan, answer_schema)
            return
    finished = yield from read_task_first(engine, ready, plan, checkpointer, refresh=request.refresh)
    result = _result(finished, request, source, plan, ready, answer_schema)
    if checkpointer is not None and lasts(plan, result.stop):
        checkpointer.keep_result(key, result)
    yield result


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
