"""Calibration: what the margins of decisions mean, and from which confidence on they should count.

Training weighs rare decisions up, so the model's own probabilities are not frequencies: Platt's scaling makes them so.
The thresholds are chosen on what is promised to users: few quotes begun in vain, for they cost time, few false clues,
few early stops, and as many clues found as these allow.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F

from smoothread_agent.reading.policy import Calibration, Calibrations, Thresholds, together
from tools.train.lesson import Decision, Weighing

IN_VAIN = 0.15
"""Of evidence-free chunks: the share whose sentences may be weighed in vain. That takes as long as two chunks take to
read; what is passed over is lost."""
FALSE_CLUES = 0.003
"""Of evidence-free chunks: the share that may give a clue."""
KEPT = 0.95
"""Of the quotes that are worth keeping: the share that is kept, whatever else it lets through."""
FALSE_AGAIN = 0.025
"""Of evidence-free chunks that are looked at again, for nothing was found: the share that may give a clue."""
EARLY_STOPS = 0.05
"""Of the rounds after which there is more to find: the share that may end the reading."""
BINS = 10
_GRID = tuple(round(0.02 * step, 2) for step in range(1, 50))


class Beside(NamedTuple):
    """A judgement and what was known before it."""

    decision: Decision
    before: float
    """Confidence, before the judgement, that there is anything to keep."""


def fit(decisions: Sequence[Decision]) -> Calibration:
    """Platt's scaling of one field's margins: the logistic regression of what was right on the margin."""
    return fit_beside([Beside(decision, 0.5) for decision in decisions])


def fit_beside(judged: Sequence[Beside]) -> Calibration:
    """Platt's scaling such that its confidence is right together with the one before it: their odds are multiplied.

    Two right and two wrong decisions at margin 0 stand beside the data, so that a field that was seen on one side
    alone, or that the margin separates without fault, gets finite figures.
    """
    margin = torch.tensor([d.margin for d, _ in judged] + [0.0] * 4, dtype=torch.float64)
    before = torch.tensor([p for _, p in judged] + [0.5] * 4, dtype=torch.float64).logit(eps=1e-6)
    right = torch.tensor([float(d.right) for d, _ in judged] + [0.0, 0.0, 1.0, 1.0], dtype=torch.float64)
    weights = torch.tensor([0.0, 0.0], dtype=torch.float64, requires_grad=True)  # log of the scale; offset
    optimizer = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> float:
        optimizer.zero_grad()
        logits = weights[0].exp() * margin + weights[1] + before
        value = F.binary_cross_entropy_with_logits(logits, right)
        value.backward()
        return float(value.detach())

    optimizer.step(loss)
    scale, offset = weights.detach().tolist()
    return Calibration(scale=math.exp(scale), offset=offset)


def calibrate(decisions: Sequence[Decision], weighings: Sequence[Weighing]) -> Calibrations:
    """The calibration of each choice. That of keeping is the one of the best quote of a part, beside the choice before.

    So the confidence of both together is that the part holds a clue and that this is it.
    """
    new, action = (fit([d for d in decisions if d.field == name]) for name in ("new", "action"))
    keep = fit_beside([Beside(each.best, new.confidence(each.announced)) for each in weighings])
    return Calibrations(new=new, keep=keep, action=action)


def clue_confidence(calibrations: Calibrations, weighing: Weighing) -> float:
    """The confidence with which the best quote of a part is a clue."""
    announced = calibrations.new.confidence(weighing.announced)
    return together(announced, calibrations.keep.confidence(weighing.best.margin))


Sure = tuple[float, bool]
"""A confidence, and whether it was right."""


def sure(calibration: Calibration, decisions: Sequence[Decision]) -> list[Sure]:
    """The confidences of decisions of one field."""
    return [(calibration.confidence(decision.margin), decision.right) for decision in decisions]


def expected_error(seen: Sequence[Sure]) -> float:
    """The mean distance of confidence and frequency, over bins of confidence, weighted by how many fall into each."""
    rows = reliability(seen)
    return sum(abs(row["confidence"] - row["right"]) * row["count"] for row in rows) / max(1, len(seen))


def reliability(seen: Sequence[Sure]) -> list[dict[str, float]]:
    """For each bin of confidence that holds any: how many, their mean confidence, the share that was right."""
    bins: list[list[Sure]] = [[] for _ in range(BINS)]
    for confidence, right in seen:
        bins[min(BINS - 1, int(confidence * BINS))].append((confidence, right))
    return [
        {
            "count": len(held),
            "confidence": sum(confidence for confidence, _ in held) / len(held),
            "right": sum(right for _, right in held) / len(held),
        }
        for held in bins
        if held
    ]


def choose(
    calibrations: Calibrations, decisions: Sequence[Decision], weighings: Sequence[Weighing]
) -> Thresholds:
    """The lowest thresholds that keep the shares above. Where judging is too weak for `FALSE_CLUES` with `KEPT`, the
    latter wins; `again` asks for no more than `keep`."""

    def asked(field: str, right: bool) -> list[float]:
        calibration: Calibration = getattr(calibrations, field)
        return [calibration.confidence(d.margin) for d in decisions if (d.field, d.right) == (field, right)]

    new = lowest(asked("new", False), IN_VAIN)
    announced = [each for each in weighings if calibrations.new.confidence(each.announced) >= new]
    free = [each for each in weighings if not any(each.rights)]
    wrong = [clue_confidence(calibrations, each) for each in announced if not any(each.rights)]
    good = [clue_confidence(calibrations, each) for each in announced if each.best.right]
    kept = max((t for t in _GRID if _passed(good, t) >= KEPT), default=_GRID[0])
    keep = min(kept, lowest(wrong, FALSE_CLUES, of=len(free)))
    again = min(keep, lowest([clue_confidence(calibrations, each) for each in free], FALSE_AGAIN))
    return Thresholds(new=new, keep=keep, again=again, stop=lowest(asked("action", False), EARLY_STOPS))


def lowest(confidences: Sequence[float], share: float, of: int | None = None) -> float:
    """The lowest threshold that at most this share of the confidences passes; the share is one of so many, if given."""
    return min((t for t in _GRID if _passed(confidences, t, of) <= share), default=_GRID[-1])


def _passed(confidences: Sequence[float], threshold: float, of: int | None = None) -> float:
    """The share that passes a threshold, had one more passed, and one more not."""
    passed = sum(confidence >= threshold for confidence in confidences)
    return (passed + 1) / ((len(confidences) if of is None else of) + 2)
