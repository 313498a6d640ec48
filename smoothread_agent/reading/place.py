"""The place of a reading in a store: the conditions that give its memory a meaning, and the key of its result."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from smoothread_agent.memory.chain import Chain, Conditions, request_key
from smoothread_agent.memory.checkpointer import Checkpointer
from smoothread_agent.memory.embedding import HashedEmbeddings, similarities
from smoothread_agent.memory.entries import ReadingState
from smoothread_agent.memory.errors import IndexUnavailableError, MemoryStoreWarning
from smoothread_agent.memory.protocol import Store
from smoothread_agent.reading import wording
from smoothread_agent.reading.chunker import VERSION as CHUNKER
from smoothread_agent.reading.chunker import Chunk
from smoothread_agent.reading.engine import Ready
from smoothread_agent.reading.loop import Plan
from smoothread_agent.reading.round import Rules
from smoothread_agent.schema import ChunkSummary, Clue, ClueKind, ReadRequest, StopSignal, Value
from smoothread_agent.sources import Source

PageOf = Callable[[int], int | None]


@dataclass(frozen=True)
class Shelf:
    """Where readings are kept, and whether a store that fails ends them."""

    store: Store
    strict: bool = False

    def checkpointer(self, conditions: Conditions, chunks: Sequence[Chunk], source: Source) -> Checkpointer:
        """The dealings with the store of one reading of a source that is cut into `chunks`."""
        chain = Chain.of(conditions, (chunk.text for chunk in chunks))
        policy = self.store.policy_for(conditions.order)
        if conditions.order == "source_first":
            policy = policy.spread(len(chunks))
        return Checkpointer(self.store, chain, source.info(), policy, strict=self.strict)

    def likeness(self, task: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """How much each text has to do with a task, `[text]`: by the words, where the store's embeddings fail.

        Raises:
            IndexUnavailableError: they fail, and a store that fails is to end a reading.
        """
        try:
            return similarities(self.store.embeddings, task, texts)
        except Exception as error:  # they may be somebody's service
            failure = f"the embeddings failed ({type(error).__name__}: {error})"
            if self.strict:
                raise IndexUnavailableError(f"{failure}: ask again, or with visit='in_order'") from error
            warnings.warn(MemoryStoreWarning(f"{failure}; chunks are ordered by their words"), stacklevel=2)
            return similarities(HashedEmbeddings(), task, texts)


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
    """The key of the result of `request`: two requests share it if one's result is the other's."""
    return request_key(
        conditions,
        source.digest,
        {
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


def lasts(plan: Plan, stop: StopSignal) -> bool:
    """Whether a result is the same each time: not one that was cancelled, or ran out of seconds."""
    return stop.reason in ("answered", "end_of_source") or (
        stop.reason == "budget" and plan.budget.max_seconds is None
    )


def paged(state: ReadingState, page_of: PageOf) -> ReadingState:
    """`state` with the pages of the source at hand: the same text may come with others, or with none."""
    return state.model_copy(
        update={
            "clues": paged_clues(state.clues, page_of),
            "in_stream": paged_clues(state.in_stream, page_of),
            "summary": paged_summary(state.summary, page_of),
        }
    )


def paged_clues(clues: tuple[Clue, ...], page_of: PageOf) -> tuple[Clue, ...]:
    """`clues`, each with the page on which it begins."""
    return tuple(clue.model_copy(update={"page": page_of(clue.start)}) for clue in clues)


def paged_summary(summary: ChunkSummary | None, page_of: PageOf) -> ChunkSummary | None:
    """`summary` with the pages of its clues."""
    if summary is None:
        return None
    return summary.model_copy(
        update={
            "clues": paged_clues(summary.clues, page_of),
            "new_clues": paged_clues(summary.new_clues, page_of),
        }
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
