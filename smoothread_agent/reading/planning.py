"""Planning: a request checked against the model that is to serve it, and laid out as a reading."""

import threading
from typing import Any

from smoothread_agent.errors import RequestError
from smoothread_agent.reading import wording
from smoothread_agent.reading.chunker import MIN_CHUNK, Chunk, Chunker
from smoothread_agent.reading.engine import Ready
from smoothread_agent.reading.grammar import schema_grammar
from smoothread_agent.reading.plan import Plan
from smoothread_agent.reading.policy import Budget, Limits, StopPolicy, Thresholds, check_room
from smoothread_agent.reading.rules import Rules
from smoothread_agent.reading.shelf import Shelf
from smoothread_agent.schema import Arm, ReadRequest, Value
from smoothread_agent.sources import Source


class Method(Value):
    """How to read: what a reader fixes once, for every request."""

    arm: Arm = "smooth"
    chunk: int = 512
    thresholds: Thresholds | None = None
    stop: StopPolicy = StopPolicy()
    limits: Limits = Limits()


def make_plan(
    ready: Ready,
    method: Method,
    request: ReadRequest,
    source: Source,
    schema: dict[str, Any] | None,
    cancelled: threading.Event | None,
    shelf: Shelf | None = None,
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
    chunk = chunk_of(method, request)
    if request.order == "source_first":
        _check_source_first(ready, method, request)
    elif method.arm != "whole":
        check_room(ready.model.window, chunk, method.limits)
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
    if request.visit == "promise":
        if request.order != "source_first":
            raise RequestError(
                "visit='promise' goes back in the source, which source first alone can: set order="
            )
        if shelf is None:
            raise RequestError(
                "visit='promise' goes back and forth in the source: give the reader a store for that"
            )
        chunks = _in_order_of_promise(shelf, task, chunks)
    plan = Plan(task, method.arm, rules, chunks, budget, schema, request.order)
    if request.order == "source_first" and not plan.affordable():
        raise RequestError(
            f"max_tokens={request.max_tokens} allows no chunk at all: source first, they are those that the source was "
            f"read in, of up to {chunk} tokens"
        )
    return plan


def chunk_of(method: Method, request: ReadRequest) -> int:
    """Tokens a chunk at the most: a budget smaller than one is a chunk of its own, if the memory is the task's own."""
    if request.order == "source_first":
        return method.chunk
    return min(method.chunk, request.max_tokens or method.chunk)


def _check_source_first(ready: Ready, method: Method, request: ReadRequest) -> None:
    """Refuse what cannot be read source first.

    Raises:
        RequestError: the arm is not `smooth`, or a chunk, the task behind it and a summary do not fit the window.
    """
    if method.arm != "smooth":
        raise RequestError(f"the arm {method.arm!r} is read task first: leave out order='source_first'")
    codec = ready.codec
    task = len(codec.markup(wording.aside(request.clues))) + len(codec.plain(request.task))
    try:
        check_room(ready.model.window - task, method.chunk, method.limits)
    except RequestError as error:
        raise RequestError(
            f"source first, the task stands behind each chunk and takes, with its instructions, {task} tokens of the "
            f"window's {ready.model.window}: {error}"
        ) from error


def _in_order_of_promise(shelf: Shelf, task: str, chunks: tuple[Chunk, ...]) -> tuple[Chunk, ...]:
    """Those first that have most to do with the task."""
    likeness = shelf.likeness(task, [chunk.text for chunk in chunks])
    return tuple(sorted(chunks, key=lambda chunk: -likeness[chunk.index]))


def _target(ready: Ready, task: str, most: int) -> str:
    """The task as it is restated each round: its beginning, where it is long."""
    tokens = ready.codec.plain(task)
    return task if len(tokens) <= most else ready.codec.decode(tokens[: most - 1]).rstrip() + " …"
