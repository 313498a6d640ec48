"""Calibration: what the margins of decisions mean, and from which confidence on they should count.

Training weighs rare decisions up, so the model's own probabilities are not frequencies: Platt's scaling makes them so.
The thresholds are chosen on what is promised to users: few quotes begun in vain, for they cost time, few false clues,
few early stops, and as many clues found as these allow.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F

from smoothread_agent.reading.policy import Calibration, Calibrations, Thresholds
from tools.train.score import DECISIONS, Decision

IN_VAIN = 0.15
"""Of evidence-free chunks: the share whose sentences may be weighed in vain. That takes as long as two chunks take to
read; what is passed over is lost."""
FALSE_CLUES = 0.003
"""Of evidence-free chunks: the share that may give a clue."""
KEPT = 0.95
"""Of the quotes that are worth keeping: the share that is kept, whatever else it lets through."""
EARLY_STOPS = 0.02
"""Of the rounds after which there is more to find: the share that may end the reading. A reading has several such
rounds, and one that ends too soon is wrong, where one that goes on only takes longer."""
BINS = 10
_GRID = tuple(round(0.02 * step, 2) for step in range(1, 50))


def fit(decisions: Sequence[Decision]) -> Calibration:
    """Platt's scaling of one field's margins: the logistic regression of what was right on the margin.

    Two right and two wrong decisions at margin 0 stand beside the data, so that a field that was seen on one side
    alone, or that the margin separates without fault, gets finite figures.
    """
    margin = torch.tensor([d.margin for d in decisions] + [0.0] * 4, dtype=torch.float64)
    right = torch.tensor([float(d.right) for d in decisions] + [0.0, 0.0, 1.0, 1.0], dtype=torch.float64)
    weights = torch.tensor([0.0, 0.0], dtype=torch.float64, requires_grad=True)  # log of the scale; offset
    optimizer = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> float:
        optimizer.zero_grad()
        value = F.binary_cross_entropy_with_logits(weights[0].exp() * margin + weights[1], right)
        value.backward()
        return float(value.detach())

    optimizer.step(loss)
    scale, offset = weights.detach().tolist()
    return Calibration(scale=math.exp(scale), offset=offset)


def expected_error(calibration: Calibration, decisions: Sequence[Decision]) -> float:
    """The mean distance of confidence and frequency, over bins of confidence, weighted by how many fall into each."""
    return sum(
        abs(row["confidence"] - row["right"]) * row["count"] for row in reliability(calibration, decisions)
    ) / max(1, len(decisions))


def reliability(calibration: Calibration, decisions: Sequence[Decision]) -> list[dict[str, float]]:
    """For each bin of confidence that holds any: how many decisions, their mean confidence, the share that was yes."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for decision in decisions:
        confidence = calibration.confidence(decision.margin)
        bins[min(BINS - 1, int(confidence * BINS))].append((confidence, decision.right))
    return [
        {
            "count": len(held),
            "confidence": sum(confidence for confidence, _ in held) / len(held),
            "right": sum(right for _, right in held) / len(held),
        }
        for held in bins
        if held
    ]


def choose(calibrations: Calibrations, decisions: Sequence[Decision]) -> Thresholds:
    """The lowest thresholds that keep the shares above.

    A false clue has to pass both the asking and the keeping, which are taken to fail independently of each other. Where
    judging is too weak for `FALSE_CLUES` with `KEPT`, the latter wins. The figures for keeping are those of the judging
    alone: a reading lets it count together with the asking, which parts right from wrong further.
    """

    made: dict[tuple[str, bool], list[float]] = {(f, right): [] for f in DECISIONS for right in (True, False)}
    for decision in decisions:
        calibration: Calibration = getattr(calibrations, decision.field)
        made[decision.field, decision.right].append(calibration.confidence(decision.margin))

    def passed(field: str, right: bool, threshold: float) -> float:
        """The share of a field's yes (or no) decisions that pass a threshold, had one more passed, and one more not."""
        confidences = made[field, right]
        return (sum(confidence >= threshold for confidence in confidences) + 1) / (len(confidences) + 2)

    def lowest(field: str, share: float) -> float:
        """The lowest threshold that lets at most this share of the wrong ones pass."""
        return min((t for t in _GRID if passed(field, False, t) <= share), default=_GRID[-1])

    new = lowest("new", IN_VAIN)
    keep = lowest("keep", FALSE_CLUES / passed("new", False, new))
    kept = max((t for t in _GRID if passed("keep", True, t) >= KEPT), default=_GRID[0])
    return Thresholds(new=new, keep=min(keep, kept), stop=lowest("action", EARLY_STOPS))
