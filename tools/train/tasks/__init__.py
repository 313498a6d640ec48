"""Task families: each is a function that makes one kind of trajectory out of a `Draw`. `sample` draws from them all."""

import random
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from types import ModuleType

from tools.train.tasks import (
    facts,
    gathering,
    hops,
    latest,
    lists,
    natural,
    needles,
    variables,
    worlds,
    written,
)
from tools.train.tasks.compose import Draw
from tools.train.tasks.reasoning import reasoned
from tools.train.tasks.temptation import tempt
from tools.train.tasks.whole import whole
from tools.train.trajectory import Split, Trajectory, TrajectoryError, validate

Generator = Callable[[Draw], Trajectory]

_MODULES: tuple[ModuleType, ...] = (
    needles,
    facts,
    hops,
    latest,
    worlds,
    variables,
    lists,
    natural,
    written,
    gathering,
)
FAMILIES: dict[str, tuple[Generator, float]] = {
    name: family for module in _MODULES for name, family in module.FAMILIES.items()
}
"""Every family by name: its generator and its default weight."""

_ATTEMPTS = 40


def sample(
    seed: int | random.Random,
    *,
    families: Mapping[str, float] | None = None,
    part_characters: tuple[int, int] = (150, 4500),
    parts: tuple[int, int] = (2, 12),
    split: Split = "train",
) -> Trajectory:
    """A trajectory drawn by `seed`: the same seed, arguments and corpora give the same trajectory.

    Args:
        seed: a whole number, or a generator of random numbers, which is advanced.
        families: weight of each family; a name may end in `*` (`needle.*`). None: every family by its own
            default weight.
        part_characters: least and most characters that a part's maximum may have. One maximum is drawn a
            trajectory, evenly in the logarithm; its parts fill most of it, as a chunker's do.
        parts: least and most parts; one that stops may have fewer.
        split: `held_out` draws names, wordings and documents that `train` never does, and vice versa.

    Raises:
        ValueError: an unknown family, no family with a positive weight, or an empty range.
    """
    rng = seed if isinstance(seed, random.Random) else random.Random(seed)
    for name, (low, high) in (("part_characters", part_characters), ("parts", parts)):
        if not 1 <= low <= high:
            raise ValueError(f"{name} must be a range of positive numbers, not {(low, high)}")
    weights = family_weights(families)
    names = list(weights)
    error: Exception | None = None
    for _ in range(_ATTEMPTS):
        # A draw may be impossible (a quote grew too long, names ran out): the next one is drawn then.
        name = rng.choices(names, list(weights.values()))[0]
        try:
            trajectory = FAMILIES[name][0](Draw.of(rng, split, part_characters, parts))
            trajectory = reasoned(whole(tempt(trajectory, rng)), rng, split)
            validate(trajectory)
        except TrajectoryError as failed:
            error = failed
            continue
        return trajectory
    raise TrajectoryError(
        f"no valid trajectory in {_ATTEMPTS} attempts; the last one failed: {error}"
    ) from error


def family_weights(families: Mapping[str, float] | None) -> dict[str, float]:
    """Weights by family name, with patterns resolved.

    Raises:
        ValueError: a pattern that matches no family, or no positive weight at all.
    """
    if families is None:
        return {name: weight for name, (_, weight) in FAMILIES.items()}
    weights: dict[str, float] = {}
    for pattern, weight in families.items():
        matching = [name for name in FAMILIES if fnmatchcase(name, pattern)]
        if not matching:
            raise ValueError(f"no family is called {pattern!r}; there are: {', '.join(FAMILIES)}")
        total = sum(FAMILIES[name][1] for name in matching)
        for name in matching:
            # A pattern's weight is shared out as the defaults are.
            weights[name] = weights.get(name, 0.0) + weight * FAMILIES[name][1] / total
    if not any(weight > 0 for weight in weights.values()):
        raise ValueError("no family has a positive weight")
    return weights
