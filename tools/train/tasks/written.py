"""Questions written with care on passages of documentation, in other words than theirs; some have no answer there."""

from smoothread_agent.reading.wording import NOT_IN_TEXT
from tools.train.natural.written import Written, with_answers
from tools.train.tasks.compose import Draw
from tools.train.tasks.filler import cut, cut_up
from tools.train.tasks.natural import stopped_short
from tools.train.tasks.passage import Evidence, check_quote, cut_before, other_parts
from tools.train.trajectory import Find, Part, Trajectory, TrajectoryError


def _drawn(draw: Draw, answers: int) -> Written:
    """A question with so many answers."""
    if not (found := with_answers(draw.split, answers)):
        raise TrajectoryError("nobody wrote such questions on the documents that are here")
    return draw.rng.choice(found)


def _evidence(asked: Written, number: int = 0) -> Evidence:
    return Evidence(asked.question, asked.answers[number], *asked.evidence[number])


def one(draw: Draw) -> Trajectory:
    """One sentence answers."""
    asked = _drawn(draw, 1)
    return _reading("written.one", asked, draw)


def two(draw: Draw) -> Trajectory:
    """Two things are asked, and told in two places."""
    asked = _drawn(draw, 2)
    return _reading("written.two", asked, draw)


def _reading(family: str, asked: Written, draw: Draw) -> Trajectory:
    """The document up to the last sentence that answers, in parts."""
    text = asked.document.text
    evidence = sorted(asked.evidence)
    first = _evidence(asked, asked.evidence.index(evidence[0]))
    for span in evidence[1:]:
        check_quote(text, *span)
    pieces = cut_before(text, first, draw)
    spans = list(pieces.parts)
    while spans[-1][1] < evidence[-1][1]:
        start = spans[-1][1]
        spans.append((start, _past(cut(text, start, draw.part_size()), evidence)))
    parts = [Part(part) for part in pieces.before]
    for start, end in spans:
        here = [Find(text[slice(*span)]) for span in evidence if start <= span[0] and span[1] <= end]
        parts.append(Part(text[start:end].strip(), tuple(here), stop=end == spans[-1][1]))
    too_many = max(0, len(parts) - draw.spans[1])
    if any(part.finds for part in parts[:too_many]):
        raise TrajectoryError("the answers stand too far apart")
    parts = parts[too_many:]
    return Trajectory(asked.question, tuple(parts), ", ".join(asked.answers), "quote", family)


def _past(end: int, evidence: list[tuple[int, int]]) -> int:
    """Where a part ends that was to end at `end`: behind the sentence that it would have cut through."""
    return next((last for first, last in evidence if first < end < last), end)


def unanswered(draw: Draw) -> Trajectory:
    """A passage, as much of it as there are parts for: it has to do with the question, and does not answer it."""
    asked = _drawn(draw, 0)
    parts = [Part(piece) for piece in cut_up(asked.document.text, *asked.passage, draw.part_size)]
    first = draw.rng.randint(0, max(0, len(parts) - draw.spans[1]))
    parts = parts[first : first + draw.spans[1]]
    missing = draw.parts - len(parts)
    if missing > 0:
        nothing = Evidence(asked.question, NOT_IN_TEXT, 0, 0)
        for part in other_parts(draw, missing, nothing):
            parts.insert(draw.rng.randint(0, len(parts)), Part(part))
    return Trajectory(asked.question, tuple(parts), NOT_IN_TEXT, "quote", "written.unanswered")


def unread(draw: Draw) -> Trajectory:
    """What answers is not read."""
    asked = _drawn(draw, 1)
    return stopped_short("written.unread", draw, asked.document.text, _evidence(asked), [])


FAMILIES = {
    "written.one": (one, 3.0),
    "written.two": (two, 0.7),
    "written.unanswered": (unanswered, 1.5),
    "written.unread": (unread, 0.5),
}
"""Family name: its generator and its default weight."""
