"""Reasons say why a clue was kept, and not whether reading goes on: that is decided behind them, at a token of its own.

A reason that speaks of it ("more may follow") decides it: a reader writes whichever reason is likelier, and the
confidence of STOP, which stands behind, is then that of having read its own words.
"""

import random
from dataclasses import replace

from tools.train.trajectory import Split, Trajectory
from tools.train.wording.reasons import KEPT


def undecided(trajectory: Trajectory, rng: random.Random, split: Split) -> Trajectory:
    """The trajectory with a reason of that kind wherever something was kept; one that takes notes as it is."""
    if trajectory.kind != "quote":
        return trajectory
    parts = (
        replace(part, reason=KEPT.draw(rng, split)) if part.evidence else part for part in trajectory.parts
    )
    return replace(trajectory, parts=tuple(parts))
