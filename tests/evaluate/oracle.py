"""An arm that knows the answers, and runs by it."""

from pathlib import Path

from smoothread_agent.errors import ModelError
from smoothread_agent.schema import Clue, Coverage, StopSignal, Usage
from tools.evaluate.arms.arm import BuiltArm, Settings
from tools.evaluate.case import Case, TokenCounter
from tools.evaluate.outcome import Outcome
from tools.evaluate.runner import Plan, Progress, run
from tools.evaluate.store import Store

PLAN = Plan(suites=["probes"], lengths=[600, 300], arms=["smooth", "full"], cases=2, longest={"full": 300})
"""Two arms, one of which stops at the shorter length."""


class Oracle(BuiltArm):
    """Answers right, quoting the evidence, on so large a share of the cases."""

    def __init__(self, name: str, share: float = 1.0, fails_on: str = "") -> None:
        self.name = name
        self.fingerprint = "model"
        self.share = share
        self.fails_on = fails_on
        self.asked: list[str] = []

    def run(self, case: Case) -> Outcome:
        self.asked.append(case.id)
        if self.fails_on and self.fails_on in case.id:
            raise ModelError("out of memory: take a shorter text")
        knows = (len(self.asked) - 1) % 10 < 10 * self.share
        said = ", ".join(case.references) or "The text does not say."
        return Outcome(
            answer=said if knows else "something else",
            clues=tuple(
                Clue(text=case.text[start:end], start=start, end=end, chunk=0, confidence=1.0)
                for start, end in case.evidence
                if knows
            ),
            stop=StopSignal(reason="end_of_source"),
            chunks=((0, len(case.text)),),
            coverage=Coverage(chunks_read=1, chunks_total=1, tokens_read=9, tokens_total=9, truncated=False),
            usage=Usage(rounds=1, tokens_read=9, tokens_decoded=2, seconds=0.1),
        )


def go(folder: Path, count: TokenCounter, plan: Plan, *arms: Oracle) -> list[Progress]:
    with Store(folder) as store:
        return list(run(plan, Settings(), store, count, lambda name: next(a for a in arms if a.name == name)))
