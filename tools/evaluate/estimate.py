"""Means with 95 % intervals: Wilson's for shares of cases, Agresti and Min's for pairs, else the bootstrap's."""

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TypeVar

T = TypeVar("T")

_Z = 1.959964
_RESAMPLES = 2000


@dataclass(frozen=True)
class Estimate:
    """A mean over `n` cases and its 95 % interval."""

    mean: float
    low: float
    high: float
    n: int


def mean(values: Sequence[float]) -> Estimate | None:
    """The mean of one value a case; none of no cases."""
    if not values:
        return None
    if all(value in (0, 1) for value in values):
        return wilson(sum(values), len(values))
    return bootstrap(values, fmean)


def wilson(successes: float, n: int) -> Estimate:
    """A share and Wilson's score interval, which is sound at 0 and 1 and for few cases."""
    share = successes / n
    centre = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return Estimate(share, min(share, max(0.0, centre - half)), max(share, min(1.0, centre + half)), n)


def ratio(above: Sequence[float], below: Sequence[float], scale: float = 1.0) -> Estimate | None:
    """The sum of `above` over the sum of `below`, times `scale`; cases are resampled, not their parts."""
    pairs = list(zip(above, below, strict=True))

    def of(sample: Sequence[tuple[float, float]]) -> float:
        total = sum(low for _, low in sample)
        return scale * sum(high for high, _ in sample) / total if total else 0.0

    return bootstrap(pairs, of) if sum(below) else None


def difference(first: Sequence[float], second: Sequence[float]) -> Estimate | None:
    """The mean of `first` less that of `second`, on the same cases in the same order, all values between 0 and 1.

    The interval is Agresti and Min's (Statistics in Medicine 2005) for matched pairs, carried over from wins
    and losses to gains: half a win, half a loss and a draw are added. So a few cases that all agree leave
    doubt.
    """
    gains = [a - b for a, b in zip(first, second, strict=True)]
    if not gains:
        return None
    n = len(gains) + 2
    centre = sum(gains) / n
    half = _Z * math.sqrt((sum(gain**2 for gain in gains) + 1) / n - centre**2) / math.sqrt(n)
    found = fmean(gains)
    return Estimate(
        found, min(found, max(-1.0, centre - half)), max(found, min(1.0, centre + half)), len(gains)
    )


def bootstrap(values: Sequence[T], statistic: Callable[[Sequence[T]], float]) -> Estimate:
    """A statistic of the cases with its percentile interval; the same cases always give the same interval."""
    rng = random.Random(0)
    drawn = sorted(statistic(rng.choices(values, k=len(values))) for _ in range(_RESAMPLES))
    low, high = drawn[int(0.025 * _RESAMPLES)], drawn[int(0.975 * _RESAMPLES) - 1]
    return Estimate(statistic(values), low, high, len(values))
