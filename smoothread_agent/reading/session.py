"""A session: one request on one source, from the checks before it to the typed result after it."""

import threading
from collections.abc import Generator, Iterator
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from smoothread_agent.errors import GrammarError, RequestError
from smoothread_agent.reading.chunker import MIN_CHUNK, Chunker
from smoothread_agent.reading.decoder import Decoder
from smoothread_agent.reading.engine import Engine, Ready
from smoothread_agent.reading.grammar import schema_grammar
from smoothread_agent.reading.loop import Outcome, Plan, pinned_text, read
from smoothread_agent.reading.policy import Budget, Limits, StopPolicy, Thresholds, check_room
from smoothread_agent.reading.round import Rules
from smoothread_agent.reading.scheduler import run
from smoothread_agent.schema import Arm, ReadingResult, ReadingStep, ReadRequest, Value
from smoothread_agent.sources import Source


class Method(Value):
    """How to read: what a reader fixes once, for every request."""

    arm: Arm = "smooth"
    chunk: int = 512
    thresholds: Thresholds | None = None
    stop: StopPolicy = StopPolicy()
    limits: Limits = Limits()


def sessions(
    engine: Engine,
    method: Method,
    request: ReadRequest,
    source: Source,
    *,
    answer_schema: type[BaseModel] | None = None,
    cancelled: threading.Event | None = None,
) -> Iterator[ReadingStep]:
    """Read `source` for `request`: a step for every chunk, and at last the `ReadingResult`.

    Raises:
        RequestError: the task, the chunk or the answer schema cannot be served with this window.
    """
    ready = engine.ready()
    schema = TypeAdapter(answer_schema).json_schema() if answer_schema is not None else None
    plan = make_plan(ready, method, request, source, schema, cancelled)
    opening, task, closing = pinned_text(plan)
    codec = ready.codec
    prefix = codec.markup(opening) + codec.plain(task) + codec.markup(closing)
    with engine.turn:
        pinned = ready.model.pin([prefix])
    decoder = Decoder(codec, ready.model.vocab_size, ready.notes.calibration)
    outcome, last = yield from _kept(run(ready.model, decoder.run(read(plan)), pinned, engine.turn))
    yield ReadingResult(
        summary=last.summary if last is not None else None,
        clues=outcome.notes.clues,
        coverage=outcome.coverage,
        usage=decoder.usage,
        task=request.task,
        answer=outcome.answer,
        data=_parsed(answer_schema, outcome),
        stop=outcome.stop,
        source=source.info(),
        model=ready.fingerprint,
        arm=method.arm,
    )


def make_plan(
    ready: Ready,
    method: Method,
    request: ReadRequest,
    source: Source,
    schema: dict[str, Any] | None,
    cancelled: threading.Event | None,
) -> Plan:
    """Check a request against the model, and lay out its reading."""
    task = " ".join(request.task.split())
    if not task:
        raise RequestError("the task is empty: say what to look for in the source")
    if schema is not None:
        schema_grammar(schema)
    if request.max_tokens is not None and request.max_tokens < MIN_CHUNK:
        raise RequestError(
            f"max_tokens={request.max_tokens} allows no chunk at all: give at least {MIN_CHUNK} tokens"
        )
    window = ready.model.window
    chunk = min(method.chunk, request.max_tokens or method.chunk)
    if method.arm != "whole":
        check_room(window, chunk, method.limits)
    rules = Rules(
        chat=ready.codec.chat,
        page_of=lambda position: page.number if (page := source.page_at(position)) else None,
        target=_target(ready, task, method.limits.target_tokens),
        kind=request.clues,
        thresholds=method.thresholds or ready.notes.thresholds,
        stop=method.stop,
        limits=method.limits,
    )
    budget = Budget(request.max_tokens, request.max_seconds, request.max_chunks, cancelled)
    chunks = tuple(Chunker(ready.codec, chunk).chunks(source.text))
    return Plan(task, method.arm, rules, chunks, budget, schema)


def _target(ready: Ready, task: str, most: int) -> str:
    """The task as it is restated each round: its beginning, where it is long."""
    tokens = ready.codec.plain(task)
    return task if len(tokens) <= most else ready.codec.decode(tokens[: most - 1]).rstrip() + " …"


def _kept(
    steps: Generator[ReadingStep, None, Outcome],
) -> Generator[ReadingStep, None, tuple[Outcome, ReadingStep | None]]:
    """Pass the steps on; returns the outcome and the last of them."""
    last = None
    while True:
        try:
            last = next(steps)
        except StopIteration as end:
            return end.value, last
        yield last


def _parsed(answer_schema: type[BaseModel] | None, outcome: Outcome) -> BaseModel | None:
    if answer_schema is None or outcome.stop.reason == "cancelled":
        return None
    try:
        return answer_schema.model_validate_json(outcome.answer)
    except ValidationError as error:
        raise GrammarError(
            f"the answer is no {answer_schema.__name__}: {outcome.answer!r}. Its JSON was most likely cut off: "
            "bound its strings and lists, or raise limits.answer_tokens"
        ) from error
