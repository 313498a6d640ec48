"""A lesson as one row of tokens, and what counts of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from tools.train.one_pass import Branch, Stream
from tools.train.render import Aside, Rendered
from tools.train.score import Decision, Score, Weighing

WEIGHED = 40.0
"""What weighing the quotes of a part counts for in the loss, beside `render.Weights`."""


@dataclass(frozen=True)
class Row:
    """A rendered trajectory, its pinned tokens in front."""

    tokens: list[int]
    pinned: int
    weights: list[float]
    ats: list[int]
    """Positions whose next token counts."""
    decisions: dict[int, tuple[str, bool, int, int]]
    weighings: list[list[Aside]]
    """What is weighed, part by part."""
    total: float

    @classmethod
    def of(cls, lesson: Rendered) -> "Row":
        """The row of a lesson."""
        prefix = len(lesson.pinned)
        tokens, weights = lesson.pinned + lesson.tokens, [0.0] * prefix + lesson.weights
        decisions = {prefix + at - 1: (name, right, no, yes) for at, name, right, no, yes in lesson.decisions}
        weighings = [list(group) for _, group in groupby(lesson.asides, key=lambda aside: aside.at)]
        ats = [at for at in range(len(tokens) - 1) if weights[at + 1]]
        total = sum(weights) + WEIGHED * len(weighings)
        return cls(tokens, prefix, weights, ats, decisions, weighings, total)

    @cached_property
    def stream(self) -> Stream:
        """What a pass has to read of it."""
        branches = [Branch(self.pinned + each.at, each.tokens) for group in self.weighings for each in group]
        return Stream(self.tokens, self.pinned, branches, self.ats)

    def alone(self) -> "Row":
        """The same without what is weighed beside it."""
        return replace(self, weighings=[], total=self.total - WEIGHED * len(self.weighings))

    def loss(self, ats: Sequence[int], logits: Tensor) -> Tensor:
        """The weighted sum of the losses after `ats`, by logits `[at, vocab]`."""
        target = torch.tensor([self.tokens[at + 1] for at in ats], device=logits.device)
        weight = torch.tensor([self.weights[at + 1] for at in ats], device=logits.device)
        return (F.cross_entropy(logits, target, reduction="none") * weight).sum()

    def weighing_loss(self, beside: Tensor) -> Tensor:
        """The weighted sum of the losses of all weighings, by logits `[aside, vocab]`."""
        if not self.weighings:
            return beside.sum()
        rights = [torch.tensor([aside.right for aside in group]) for group in self.weighings]
        right = pad_sequence(rights, batch_first=True).to(beside.device)
        there = pad_sequence([torch.ones_like(each) for each in rights], batch_first=True).to(beside.device)
        margins = self._margins(beside).split([len(group) for group in self.weighings])
        return WEIGHED * _among(pad_sequence(list(margins), batch_first=True), right, there).sum()

    def note(self, ats: Sequence[int], logits: Tensor, score: Score) -> None:
        """Tell `score` what the model decided and wrote after `ats`."""
        likeliest = logits.argmax(-1).tolist()
        decided = [(row, *self.decisions[at]) for row, at in enumerate(ats) if at in self.decisions]
        if decided:
            rows, names, rights, no, yes = zip(*decided, strict=True)
            margins = (logits[list(rows), list(yes)] - logits[list(rows), list(no)]).tolist()
            score.decisions += map(Decision, names, rights, margins)
        written = [(row, at) for row, at in enumerate(ats) if at not in self.decisions]
        score.text_right += sum(likeliest[row] == self.tokens[at + 1] for row, at in written)
        score.text_seen += len(written)

    def note_weighings(self, beside: Tensor, score: Score) -> None:
        """Tell `score` how the model judged what was weighed."""
        margins: Iterator[float] = iter(self._margins(beside).tolist() if self.weighings else [])
        for group in self.weighings:
            judged = tuple(next(margins) for _ in group)
            score.weighings.append(Weighing(judged, tuple(aside.right for aside in group)))

    def _margins(self, beside: Tensor) -> Tensor:
        """Of every aside: the logit of keeping it less that of dropping it."""
        no, yes = zip(*(aside.options for group in self.weighings for aside in group), strict=True)
        every = range(len(beside))
        return beside[every, list(yes)] - beside[every, list(no)]


def _among(margins: Tensor, right: Tensor, there: Tensor) -> Tensor:
    """How far the right quotes of each part are from standing out among all, by their margins: `[part, quote]`.

    It is the loss of choosing one of them, or none: none stands at margin 0. So margins are trained to be compared
    with each other, and the sureness of the best with that of other parts. Where `there` is false there is no quote.
    """
    others = margins.masked_fill(right | ~there, float("-inf"))
    others = F.pad(others, (1, 0)).logsumexp(-1)  # "none" is one of them
    behind = (
        F.softplus(others[:, None] - margins) * right
    )  # -log of the share of a right one among it and the others
    return torch.where(right.any(-1), behind.sum(-1) / right.sum(-1).clamp(min=1), others)
