"""Lessons: rendered trajectories put through the model, their loss and how often the decisions were right."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from smoothread_agent.model.window import PinnedWindowModel
from tools.train.render import Rendered

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


@dataclass
class Score:
    """Sums over lessons; `summary` makes them means."""

    loss: float = 0.0
    weight: float = 0.0
    tokens: int = 0
    text_right: int = 0
    text_seen: int = 0
    decisions: list[Decision] = field(default_factory=list)

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
        return {name: round(value, 4) for name, value in figures.items()}


def study(
    model: PinnedWindowModel,
    lessons: Sequence[Rendered],
    score: Score,
    *,
    backward_share: float | None = None,
) -> None:
    """Put lessons through the model together, a row each, and add them to `score`.

    With `backward_share`, gradients of each lesson's weighted mean loss times that share are added to the
    parameters', stretch by stretch, so that memory does not grow with the lessons' length.
    """
    prefixes = [len(lesson.pinned) for lesson in lessons]
    rows = [_Row.of(lesson) for lesson in lessons]
    memory = model.new_memory(prefixes)
    position = [0] * len(rows)
    for stretch in model.read_with_grad(memory, [row.tokens for row in rows], [row.ats for row in rows]):
        losses = []
        for index, (row, logits) in enumerate(zip(rows, stretch, strict=True)):
            here = row.ats[position[index] : position[index] + len(logits)]
            position[index] += len(logits)
            if here:
                loss = row.judge(here, logits.float(), score)
                losses.append(loss / row.total)
                score.loss += float(loss.detach())
        if losses and backward_share is not None:
            (torch.stack(losses).sum() * backward_share).backward()
    score.weight += sum(row.total for row in rows)
    score.tokens += sum(len(row.tokens) for row in rows)


@dataclass(frozen=True)
class _Row:
    """A lesson as one row: its tokens, and what counts of them."""

    tokens: list[int]
    weights: list[float]
    ats: list[int]
    """Positions whose next token counts."""
    decisions: dict[int, tuple[str, bool, int, int]]
    total: float

    @classmethod
    def of(cls, lesson: Rendered) -> "_Row":
        prefix = len(lesson.pinned)
        tokens, weights = lesson.pinned + lesson.tokens, [0.0] * prefix + lesson.weights
        ats = [at for at in range(len(tokens) - 1) if weights[at + 1]]
        decisions = {prefix + at - 1: (name, right, no, yes) for at, name, right, no, yes in lesson.decisions}
        return cls(tokens, weights, ats, decisions, sum(weights))

    def judge(self, ats: Sequence[int], logits: Tensor, score: Score) -> Tensor:
        """The weighted sum of the losses after `ats`, by logits `[at, vocab]`; what was right goes to `score`."""
        target = torch.tensor([self.tokens[at + 1] for at in ats], device=logits.device)
        weight = torch.tensor([self.weights[at + 1] for at in ats], device=logits.device)
        seen = logits.detach()
        right = (seen.argmax(-1) == target).tolist()
        for row, at in enumerate(ats):
            if at in self.decisions:
                name, truth, no, yes = self.decisions[at]
                score.decisions.append(Decision(name, truth, float(seen[row, yes] - seen[row, no])))
            else:
                score.text_right += right[row]
                score.text_seen += 1
        return (F.cross_entropy(logits, target, reduction="none") * weight).sum()
