"""A lesson: one rendered trajectory put through the model, its loss and how often the decisions were right."""

from collections import Counter
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F

from smoothread_agent.model.window import PinnedWindowModel
from tools.train.render import Rendered


@dataclass
class Score:
    """Sums over lessons; `summary` makes them means."""

    loss: float = 0.0
    weight: float = 0.0
    tokens: int = 0
    text_right: int = 0
    text_seen: int = 0
    decisions: Counter[tuple[str, bool, bool]] = field(default_factory=Counter)
    """(field, what was right, whether the model agreed) to how often."""

    def summary(self) -> dict[str, float]:
        """Loss, accuracy of copied and written tokens, and of each decision where yes and where no was right."""
        figures = {
            "loss": self.loss / max(self.weight, 1e-9),
            "text": self.text_right / max(1, self.text_seen),
        }
        for name in ("new", "keep", "action"):
            for right, word in ((True, "yes"), (False, "no")):
                hits, misses = (self.decisions[name, right, agreed] for agreed in (True, False))
                if hits + misses:
                    figures[f"{name}_{word}"] = hits / (hits + misses)
        return {name: round(value, 4) for name, value in figures.items()}


def study(
    model: PinnedWindowModel, lesson: Rendered, score: Score, *, backward_share: float | None = None
) -> None:
    """Put one lesson through the model and add it to `score`.

    With `backward_share`, gradients of the weighted mean loss times that share are added to the parameters',
    stretch by stretch, so that memory does not grow with the lesson's length.
    """
    prefix = len(lesson.pinned)
    tokens = lesson.pinned + lesson.tokens
    weights = [0.0] * prefix + lesson.weights
    ats = [at for at in range(len(tokens) - 1) if weights[at + 1]]
    decisions = {prefix + at - 1: (name, right, no, yes) for at, name, right, no, yes in lesson.decisions}
    total = sum(weights)
    position = 0
    for (logits,) in model.read_with_grad(model.new_memory([prefix]), [tokens], [ats]):
        here = ats[position : position + len(logits)]
        position += len(logits)
        if not here:
            continue
        logits = logits.float()
        target = torch.tensor([tokens[at + 1] for at in here], device=logits.device)
        weight = torch.tensor([weights[at + 1] for at in here], device=logits.device)
        loss = (F.cross_entropy(logits, target, reduction="none") * weight).sum()
        if backward_share is not None:
            (loss * backward_share / total).backward()
        score.loss += float(loss.detach())
        right = (logits.argmax(-1) == target).tolist()
        for row, at in enumerate(here):
            if at in decisions:
                name, truth, no, yes = decisions[at]
                agreed = bool(logits[row, yes] >= logits[row, no]) == truth
                score.decisions[name, truth, agreed] += 1
            else:
                score.text_right += right[row]
                score.text_seen += 1
    score.weight += total
    score.tokens += len(tokens)
