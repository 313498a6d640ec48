"""The reader's own arms: `smooth`, the method, and `reset` and `whole`, against which it is measured."""

import hashlib
from typing import cast

from smoothread_agent.reader import SmoothReader
from smoothread_agent.reading import wording
from smoothread_agent.reading.engine import Engine
from smoothread_agent.reading.policy import Limits
from smoothread_agent.schema import Arm, ReadingResult, ReadRequest
from smoothread_agent.sources import Source
from tools.evaluate.arms.arm import BuiltArm, Settings
from tools.evaluate.case import Case, Span
from tools.evaluate.outcome import Outcome


class ReadingArm(BuiltArm):
    """SmoothReader in one of its arms. Several share one engine, and so one copy of the weights."""

    def __init__(self, name: str, engine: Engine, settings: Settings) -> None:
        ready = engine.ready()
        self.name = name
        self.fingerprint = ready.fingerprint
        thresholds = f"{wording.VERSION} {ready.notes.model_dump_json()}"
        self.variant = "-" + hashlib.sha256(thresholds.encode()).hexdigest()[:8]
        self.reader = SmoothReader(
            spec=engine.spec,
            engine=engine,
            arm=cast(Arm, name),
            chunk=settings.chunk,
            limits=Limits(answer_tokens=settings.answer_tokens),
        )

    def run(self, case: Case) -> Outcome:
        """Read the case's text for its question."""
        request = ReadRequest(task=case.question, source=Source(case.text, name=case.id), clues=case.clues)
        chunks: list[Span] = []
        for step in self.reader.read(request):
            if isinstance(step, ReadingResult):
                return outcome_of(step, tuple(chunks))
            if step.summary is not None:
                chunks.append((step.summary.start, step.summary.end))
        raise AssertionError("a reading ends with its result")


def outcome_of(result: ReadingResult, chunks: tuple[Span, ...]) -> Outcome:
    """A reading's result with the chunks of its steps, as the metrics take it."""
    return Outcome(
        answer=result.answer,
        clues=result.clues,
        nearest=result.nearest,
        stop=result.stop,
        chunks=chunks,
        coverage=result.coverage,
        usage=result.usage,
    )
