"""Lessons: rendered trajectories put through the model, their loss and how often the decisions were right."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from smoothread_agent.model.window import PinnedWindowModel
from tools.train.one_pass import Branch, fits, logits_of
from tools.train.render import Aside, Rendered

DECISIONS = ("new", "keep", "action")
"""The fields that are decided between two continuations."""
WEIGHED = 40.0
"""What weighing the quotes of a part counts for in the loss, beside `render.Weights`."""


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


def study(
    model: PinnedWindowModel,
    lessons: Sequence[Rendered],
    score: Score,
    *,
    backward_share: float | None = None,
) -> None:
    """Put lessons through the model and add them to `score`.

    With `backward_share`, gradients of each lesson's weighted mean loss times that share are added to the
    parameters'. A lesson in which quotes are weighed takes one pass with them, if the memory does not move before its
    end; the others are read together, a row each, stretch by stretch, so that memory does not grow with their length,
    and what is weighed is no part of them.
    """
    together = []
    for lesson in lessons:
        branches, pinned = _branches(lesson), len(lesson.pinned)
        if branches and fits(model, pinned, pinned + len(lesson.tokens), branches):
            _study_in_one_pass(model, lesson, branches, score, backward_share)
        else:
            together.append(lesson)
    if together:
        _study_in_stretches(model, together, score, backward_share)


def _study_in_one_pass(
    model: PinnedWindowModel,
    lesson: Rendered,
    branches: Sequence[Branch],
    score: Score,
    backward_share: float | None,
) -> None:
    row = _Row.of(lesson)
    logits, beside = logits_of(model, row.tokens, len(lesson.pinned), branches, row.ats)
    loss = row.judge(row.ats, logits, score) + row.weigh(beside, score)
    if backward_share is not None:
        (loss / row.total * backward_share).backward()
    score.loss += float(loss.detach())
    score.weight += row.total
    score.tokens += len(row.tokens) + sum(len(branch.tokens) for branch in branches)


def _branches(lesson: Rendered) -> list[Branch]:
    return [Branch(len(lesson.pinned) + aside.at, aside.tokens) for aside in lesson.asides]


def _study_in_stretches(
    model: PinnedWindowModel, lessons: Sequence[Rendered], score: Score, backward_share: float | None
) -> None:
    prefixes = [len(lesson.pinned) for lesson in lessons]
    rows = [_Row.of(replace(lesson, asides=[])) for lesson in lessons]
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
    weighings: list[list[Aside]]
    """What is weighed, part by part."""
    total: float

    @classmethod
    def of(cls, lesson: Rendered) -> "_Row":
        prefix = len(lesson.pinned)
        tokens, weights = lesson.pinned + lesson.tokens, [0.0] * prefix + lesson.weights
        decisions = {prefix + at - 1: (name, right, no, yes) for at, name, right, no, yes in lesson.decisions}
        weighings = [list(group) for _, group in groupby(lesson.asides, key=lambda aside: aside.at)]
        ats = [at for at in range(len(tokens) - 1) if weights[at + 1]]
        total = sum(weights) + WEIGHED * len(weighings)
        return cls(tokens, weights, ats, decisions, weighings, total)

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

    def weigh(self, beside: Tensor, score: Score) -> Tensor:
        """The weighted sum of the losses of all weighings, by logits `[aside, vocab]`."""
        losses, first = [], 0
        for group in self.weighings:
            rows = beside[first : first + len(group)]
            first += len(group)
            no, yes = group[0].options
            margins = rows[:, yes] - rows[:, no]
            rights = tuple(aside.right for aside in group)
            losses.append(_among(margins, rights))
            score.weighings.append(Weighing(tuple(margins.detach().tolist()), rights))
        return WEIGHED * torch.stack(losses).sum()


def _among(margins: Tensor, rights: Sequence[bool]) -> Tensor:
    """How far the right quotes are from standing out among all, by their margins `[quote]`.

    It is the loss of choosing one of them, or none: none stands at margin 0. So margins are trained to be compared
    with each other, and the sureness of the best with that of other parts.
    """
    right = torch.tensor(rights, device=margins.device)
    others = F.pad(margins[~right], (1, 0))  # "none" is one of them
    if not right.any():
        return others.logsumexp(0)
    return torch.stack([torch.cat([one[None], others]).logsumexp(0) - one for one in margins[right]]).mean()
