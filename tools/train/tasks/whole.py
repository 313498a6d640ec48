"""Finds as a reading can make them: a quote is made of whole pieces of its part, its sentences and lines."""

import itertools
from dataclasses import replace

from smoothread_agent.reading.pieces import pieces, runs
from smoothread_agent.reading.policy import Limits
from smoothread_agent.reading.quotes import Passage
from smoothread_agent.reading.wording import one_line
from tools.train.trajectory import MAX_QUOTE, Find, Part, Trajectory, TrajectoryError

Span = tuple[int, int]


def whole(trajectory: Trajectory) -> Trajectory:
    """The trajectory with each of its quotes grown to the pieces that it touches; those that then touch are one.

    Raises:
        TrajectoryError: a quote does not stand in its part, or is left of nothing by those before it.
    """
    if trajectory.kind != "quote":
        return trajectory
    return replace(trajectory, parts=tuple(_whole(part) for part in trajectory.parts))


def _whole(part: Part) -> Part:
    cut = pieces(part.text, MAX_QUOTE)
    grown: list[tuple[Span, bool]] = []
    at = 0
    for find in part.finds:
        start = part.text.find(find.text, at if find.keep else 0)
        if start < 0:
            raise TrajectoryError(f"not verbatim, or out of order: {find.text!r}")
        at = start + 1 if find.keep else at
        touched = [piece for piece in cut if piece[0] < start + len(find.text) and start < piece[1]]
        span, keep = (touched[0][0], touched[-1][1]), find.keep
        for other in [other for other in grown if other[0][0] < span[1] and span[0] < other[0][1]]:
            span = (min(span[0], other[0][0]), max(span[1], other[0][1]))
            keep = keep or other[1]
            grown.remove(other)
        grown.append((span, keep))
    finds = tuple(Find(part.text[slice(*span)], keep) for span, keep in grown)
    passage, written = Passage(part.text), list[str]()
    for find in finds:
        quote = one_line(find.text)
        at_hand = runs(passage.without(written), Limits().quote_characters)
        if not any(quote in itertools.accumulate(run) for run in at_hand):
            raise TrajectoryError(f"too many pieces, or quoted before: {find.text!r}")
        written.append(quote)
    return replace(part, finds=finds)
