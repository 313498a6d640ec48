"""The place of a reading in a store: the conditions that give its memory a meaning, and the key of its result."""

from typing import Any

from pydantic import BaseModel

from smoothread_agent.memory.chain import Conditions, request_key
from smoothread_agent.reading import wording
from smoothread_agent.reading.chunker import VERSION as CHUNKER
from smoothread_agent.reading.engine import Ready
from smoothread_agent.reading.plan import Plan
from smoothread_agent.reading.rules import Rules
from smoothread_agent.reading.second_look import is_needed
from smoothread_agent.schema import ClueKind, ReadingResult, ReadRequest, Value
from smoothread_agent.sources import Source
from smoothread_agent.version import __version__


class _Written(Value):
    """What decides, beside text and task, which words a reading writes into its stream."""

    kind: ClueKind
    target: str
    calibration: dict[str, Any]
    thresholds: dict[str, Any]
    stop: dict[str, Any]
    limits: dict[str, Any]


def task_conditions(plan: Plan, ready: Ready, chunk: int) -> Conditions:
    """Everything beside the text that decides what the hidden memory of a reading holds, task first.

    Args:
        plan: the reading.
        ready: the model that reads.
        chunk: tokens a chunk at the most.
    """
    return source_conditions(ready, chunk).model_copy(
        update={
            "wording": wording.VERSION,
            "order": "task_first",
            "arm": plan.arm,
            "task": plan.task,
            "rules": _written(plan.rules, ready) if plan.arm != "whole" else "",
        }
    )


def source_conditions(ready: Ready, chunk: int) -> Conditions:
    """The same for the memory of a source alone."""
    return Conditions(
        model=ready.model.fingerprint,
        dtype=str(ready.model.dtype).removeprefix("torch."),
        wording=wording.SOURCE_VERSION,
        chunk=chunk,
        chunker=CHUNKER,
        order="source_first",
    )


def result_key(conditions: Conditions, plan: Plan, ready: Ready, request: ReadRequest, source: Source) -> str:
    """The key of the result of `request`: two requests share it if one's result is the other's.

    Another version of the package may decide otherwise in the same memory, so it has results of its own.
    """
    return request_key(
        conditions,
        source.digest,
        {
            "reader": __version__,
            "wording": wording.VERSION,
            "task": plan.task,
            "rules": _written(plan.rules, ready),
            "visit": [chunk.index for chunk in plan.chunks] if request.visit == "promise" else None,
            "max_tokens": request.max_tokens,
            "max_chunks": request.max_chunks,
            "answer_tokens": plan.rules.limits.answer_tokens,
            "answer_schema": plan.answer_schema,
        },
    )


def lasts(plan: Plan, result: ReadingResult) -> bool:
    """Whether a result is the same each time: not one that was cancelled, or ran out of seconds, be it in a second
    look."""
    stop, budget = result.stop, plan.budget
    looked_again = bool(result.promising) or is_needed(plan, result.clues[:1])
    if looked_again and (budget.is_cancelled() or budget.late):
        return False
    return stop.reason in ("answered", "end_of_source") or (
        stop.reason == "budget" and budget.max_seconds is None
    )


def _written(rules: Rules, ready: Ready) -> str:
    return _Written(
        kind=rules.kind,
        target=rules.target,
        calibration=_plain(ready.notes.calibration),
        thresholds=_plain(rules.thresholds),
        stop=_plain(rules.stop),
        limits={name: value for name, value in _plain(rules.limits).items() if name != "answer_tokens"},
    ).model_dump_json()


def _plain(settings: BaseModel) -> dict[str, Any]:
    return settings.model_dump(mode="json")
