"""What a model judged in lessons, beside what was right."""

from dataclasses import dataclass, field
from typing import NamedTuple

DECISIONS = ("new", "keep", "action")
"""The fields that are decided between two continuations."""


class Decision(NamedTuple):
    """One decision of the model beside what was right."""

    field: str
    right: bool
    """Whether the second continuation (a clue, yes, STOP) was the right one."""
    margin: float
    """The model's logit of the second continuation less that of the first."""

    @property
    def agreed(self) -> bool:
        """Whether the model decided so."""
        return (self.margin >= 0) == self.right


class Weighing(NamedTuple):
    """All that was weighed of one part, as the model judged it."""

    margins: tuple[float, ...]
    """Of each quote: the logit of keeping it less that of dropping it."""
    rights: tuple[bool, ...]
    """Which are to be kept."""

    @property
    def best(self) -> Decision:
        """Whether to keep the surest quote."""
        margin, right = max(zip(self.margins, self.rights, strict=True))
        return Decision("keep", right, margin)


@dataclass
class Score:
    """Sums over lessons; `summary` makes them means."""

    loss: float = 0.0
    weight: float = 0.0
    tokens: int = 0
    text_right: int = 0
    text_seen: int = 0
    decisions: list[Decision] = field(default_factory=list)
    weighings: list[Weighing] = field(default_factory=list)

    def summary(self) -> dict[str, float]:
        """Loss, and accuracy: of written tokens, and of each decision by what was right."""
        figures = {
            "loss": self.loss / max(self.weight, 1e-9),
            "text": self.text_right / max(1, self.text_seen),
        }
        for name in DECISIONS:
            for right, word in ((True, "yes"), (False, "no")):
                made = [decision.agreed for decision in self.decisions if decision[:2] == (name, right)]
                if made:
                    figures[f"{name}_{word}"] = sum(made) / len(made)
        if told := [weighing.best.right for weighing in self.weighings if any(weighing.rights)]:
            figures["best"] = sum(told) / len(told)
        return {name: round(value, 4) for name, value in figures.items()}
