"""Finds as a reading can make them: what is quoted are whole pieces of a part, its sentences and lines."""

from dataclasses import replace

from smoothread_agent.reading.policy import Limits
from smoothread_agent.reading.quotes import Span, quotes
from tools.train.trajectory import Find, Part, Trajectory, TrajectoryError


def whole(trajectory: Trajectory) -> Trajectory:
    """The trajectory with each of its quotes made the pieces that it touches, a find each.

    Raises:
        TrajectoryError: a quote does not stand in its part.
    """
    if trajectory.kind != "quote":
        return trajectory
    return replace(trajectory, parts=tuple(_whole(part) for part in trajectory.parts))


def _whole(part: Part) -> Part:
    spans = quotes(part.text, Limits().quote_characters).values()
    grown: dict[Span, bool] = {}
    at = 0
    for find in part.finds:
        start = part.text.find(find.text, at if find.keep else 0)
        if start < 0:
            raise TrajectoryError(f"not verbatim, or out of order: {find.text!r}")
        at = start + 1 if find.keep else at
        touched = [span for span in spans if span[0] < start + len(find.text) and start < span[1]]
        if not touched:
            raise TrajectoryError(f"a wording that stood there before: {find.text!r}")
        for span in touched:
            grown[span] = grown.pop(span, False) or find.keep
    return replace(part, finds=tuple(Find(part.text[slice(*span)], keep) for span, keep in grown.items()))
