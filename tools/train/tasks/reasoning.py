"""Reasons say why a quote was kept or dropped, and not whether reading goes on: a token of its own decides that.

A reason that speaks of it ("more may follow") decides it: a reader writes whichever reason is likelier, and the
confidence of STOP, which stands behind, is then that of having read its own words.
"""

import random
from dataclasses import replace

from tools.train.trajectory import Part, Split, Trajectory
from tools.train.wording.reasons import DROPPED, KEPT


def reasoned(trajectory: Trajectory, rng: random.Random, split: Split) -> Trajectory:
    """The trajectory with such a reason on every part with finds; one that takes notes as it is."""
    if trajectory.kind != "quote":
        return trajectory

    def reason(part: Part) -> str:
        return (KEPT if part.evidence else DROPPED).draw(rng, split) if part.finds else ""

    return replace(trajectory, parts=tuple(replace(part, reason=reason(part)) for part in trajectory.parts))
