"""What a caller hands in: as a request, and as callbacks and traces get to see it."""

from os import PathLike
from typing import Any

from pydantic import ValidationError

from smoothread_agent.errors import RequestError
from smoothread_agent.schema import ReadRequest


def request_of(input: Any, defaults: dict[str, Any]) -> ReadRequest:
    """`input` (a request, a dict with its fields, or a bare source) as a request; what it leaves open is `defaults`'.

    Raises:
        RequestError: it is none, or a bare source comes without a task.
    """
    if isinstance(input, ReadRequest):
        given = {name: getattr(input, name) for name in input.model_fields_set}
    elif isinstance(input, dict):
        given = input
    elif "task" in defaults:
        given = {"source": input}
    else:
        raise RequestError(
            "a bare source says what to read, not what for: pass {'task': ..., 'source': ...}, or bind a task with "
            "SmoothReader.from_pretrained(task=...)"
        )
    try:
        return ReadRequest(**{**defaults, **given})
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise RequestError(f"this is no request to read ({problems})") from error


def traced(input: Any) -> dict[str, Any]:
    """What callbacks and traces get to see of an input: never a whole book."""
    if isinstance(input, ReadRequest):
        input = {name: getattr(input, name) for name in input.model_fields_set}
    if not isinstance(input, dict):
        input = {"source": input}
    return {name: _brief(value) if name == "source" else value for name, value in input.items()}


def _brief(source: Any) -> str:
    if isinstance(source, PathLike):
        return str(source)
    if isinstance(source, str | bytes):
        return (
            f"{type(source).__name__} of {len(source)} {'characters' if isinstance(source, str) else 'bytes'}"
        )
    return type(source).__name__
