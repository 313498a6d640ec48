"""Task first: one stream from the task to the answer, checkpointed on its way, and resumed where it broke off."""

from collections.abc import Generator
from dataclasses import dataclass

from smoothread_agent.memory.checkpointer import Checkpointer
from smoothread_agent.memory.entries import ReadingState
from smoothread_agent.memory.protocol import Restored
from smoothread_agent.model.memory import HiddenMemory
from smoothread_agent.reading.decoder import Decoder
from smoothread_agent.reading.engine import Engine, Ready
from smoothread_agent.reading.loop import Finished, Outcome, read
from smoothread_agent.reading.pages import paged
from smoothread_agent.reading.plan import Plan, pinned_text
from smoothread_agent.reading.round import Notes
from smoothread_agent.reading.scheduler import run
from smoothread_agent.schema import ReadingStep, Reuse

ABOUT_CHARACTERS = 1000
"""Of the source's opening: text to find it by."""


def read_task_first(
    engine: Engine, ready: Ready, plan: Plan, checkpointer: Checkpointer | None, *, refresh: bool = False
) -> Generator[ReadingStep, None, Finished]:
    """Read for a task, from the last checkpoint that the budget reaches; yields a step for each chunk read now."""
    with engine.turn:
        pinned = ready.model.pin([prefix_of(ready, plan)])
    restored = None
    if checkpointer is not None and not refresh:
        restored = checkpointer.restore(ready.model.device, up_to=plan.affordable())
    state = ReadingState() if restored is None else paged(restored.state, plan.rules.page_of)
    decoder = Decoder(
        ready.codec,
        ready.model.vocab_size,
        ready.notes.calibration,
        pending=list(state.pending),
        forced_pending=state.pending_forced,
        usage=state.usage,
    )
    watch = None if checkpointer is None else Watch(checkpointer, decoder, plan)
    outcome = yield from run(
        ready.model,
        decoder.run(read(plan, notes_of(state))),
        pinned,
        engine.turn,
        memory=None if restored is None else restored.memory,
        on_step=watch,
    )
    if watch is not None and outcome.stop.reason == "cancelled":
        watch.keep_last()
    return Finished(outcome, decoder.usage, _reuse(restored, outcome))


@dataclass
class Watch:
    """Checkpoints a reading as it shows its steps."""

    checkpointer: Checkpointer
    decoder: Decoder
    plan: Plan
    _last: tuple[HiddenMemory, ReadingState] | None = None

    def __call__(self, memory: HiddenMemory, step: ReadingStep) -> None:
        """Checkpoint after `step`, if the policy says so or no chunk follows."""
        state = state_after(step, self.decoder, self.plan)
        written = self._keep(memory, state, final=ends_here(step, self.plan))
        self._last = None if written else (memory, state)

    def keep_last(self) -> None:
        """Checkpoint after the last step, if that was not done: the memory must still be what it was then."""
        if self._last is not None:
            self._keep(*self._last, final=True)

    def _keep(self, memory: HiddenMemory, state: ReadingState, *, final: bool) -> bool:
        opening = self.plan.chunks[0].text[:ABOUT_CHARACTERS]
        return self.checkpointer.after_chunk(memory, state, final=final, about=opening)


def prefix_of(ready: Ready, plan: Plan) -> list[int]:
    """The tokens that are pinned at the head of the stream."""
    opening, task, closing = pinned_text(plan)
    return ready.codec.markup(opening) + ready.codec.plain(task) + ready.codec.markup(closing)


def state_after(step: ReadingStep, decoder: Decoder, plan: Plan) -> ReadingState:
    """The state of a reading as it shows `step`."""
    read_so_far = step.coverage.chunks_read
    return ReadingState(
        chunks_read=read_so_far,
        tokens_read=step.coverage.tokens_read,
        cursor=plan.chunks[read_so_far - 1].end,
        clues=step.clues,
        in_stream=step.summary.clues if step.summary is not None else (),
        summary=step.summary,
        promising=step.promising,
        pending=tuple(decoder.pending),
        pending_forced=decoder.forced_pending,
        usage=step.usage,
    )


def notes_of(state: ReadingState) -> Notes:
    """What the reading knew in `state`."""
    return Notes(state.clues, state.in_stream, state.chunks_read, state.summary, state.promising)


def ends_here(step: ReadingStep, plan: Plan) -> bool:
    """Whether no chunk is read after `step`: the source ends, the model said STOP, or the budget is spent."""
    coverage = step.coverage
    if not coverage.truncated or (step.summary is not None and step.summary.action == "STOP"):
        return True
    following = len(plan.chunks[coverage.chunks_read].tokens)
    return plan.budget.spent(coverage.tokens_read, coverage.chunks_read, following) is not None


def _reuse(restored: Restored | None, outcome: Outcome) -> Reuse:
    before = 0 if restored is None else restored.state.tokens_read
    return Reuse(
        tokens_from_checkpoint=before,
        tokens_read_now=outcome.coverage.tokens_read - before,
        checkpoint=None if restored is None else restored.entry.key,
    )
