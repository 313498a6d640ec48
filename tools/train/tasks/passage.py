"""Readings of a real text as it stands: consecutive parts, the evidence where its author put it."""

import re
from dataclasses import dataclass

from tools.train.natural.lexicon import content_words
from tools.train.tasks.compose import Draw
from tools.train.tasks.filler import RealText, cut, line_start
from tools.train.trajectory import MAX_QUOTE, MIN_QUOTE, TrajectoryError, whole_words

_NEAR = 0.75
"""Share of a question's content words that make an earlier paragraph a rival of the evidence."""


@dataclass(frozen=True)
class Evidence:
    """What is asked of a text, and where it is answered."""

    question: str
    answer: str
    start: int
    end: int


@dataclass(frozen=True)
class Cut:
    """A text cut into parts; the evidence lies in the last one."""

    parts: tuple[tuple[int, int], ...]
    """Places in the text."""
    before: tuple[str, ...] = ()
    """Parts of other texts that are read first."""


def check_quote(text: str, start: int, end: int) -> None:
    """Raises TrajectoryError unless text[start:end] can be a quote."""
    if not MIN_QUOTE <= end - start <= MAX_QUOTE or not whole_words(text, start, end):
        raise TrajectoryError(f"not a quote: {text[start:end]!r}")


def cut_before(text: str, evidence: Evidence, draw: Draw) -> Cut:
    """Parts that lead up to the evidence, none of which answers the question before it.

    Raises:
        TrajectoryError: the evidence cannot be quoted, or something right before it answers as well.
    """
    rng = draw.rng
    check_quote(text, evidence.start, evidence.end)
    count = 1 if rng.random() < 0.06 else max(draw.parts, 1)
    size = max(draw.part_size(), evidence.end - evidence.start + 40)
    room = size - (evidence.end - evidence.start)
    # The evidence stands at the start, at the end, or anywhere in its part.
    lead = round(room * rng.choice((rng.random(), rng.random(), rng.random() * 0.1, 1 - rng.random() * 0.1)))
    first = back_to_break(text, max(0, evidence.start - lead), evidence.start)
    last = min(len(text), max(cut(text, first, size), evidence.end))
    parts = [(first, last)]
    while len(parts) < count and parts[0][0] > 60:
        end = parts[0][0]
        start = back_to_break(text, max(0, end - draw.part_size()), end)
        if start >= end - 20:
            break
        parts.insert(0, (start, end))
    rival = last_rival(text, parts[0][0], evidence)
    parts = [part for part in parts if part[0] >= rival]
    if not parts or any(not text[start:end].strip() for start, end in parts):
        raise TrajectoryError("the question is answered twice in one part")
    before: list[str] = []
    missing = count - len(parts)
    if missing > 0 and (len(parts) < 3 or rng.random() < 0.5):
        before = other_parts(draw, missing, evidence)
    return Cut(tuple(parts), tuple(before))


def other_parts(draw: Draw, count: int, evidence: Evidence) -> list[str]:
    """Parts of other documents that do not answer the question."""
    filler = RealText(draw.rng, draw.split)
    parts: list[str] = []
    for _ in range(2 * count):
        text = filler.take(draw.part_size())
        if len(parts) < count and last_rival(text, 0, evidence, len(text)) == 0:
            parts.append(text)
    return parts


def back_to_break(text: str, at: int, before: int) -> int:
    """The nearest good beginning of a part at or after a position: a paragraph, a line, a sentence."""
    if at <= 0:
        return 0
    for sign in ("\n\n", "\n", ". "):
        found = text.find(sign, at, min(before, at + 400))
        if found >= 0:
            return found + len(sign)
    return min(before, line_start(text, before))


def last_rival(text: str, start: int, evidence: Evidence, stop: int = -1) -> int:
    """Where the last paragraph ends that might answer the question before its evidence does; 0 where there is none."""
    wanted = content_words(evidence.question) or set(re.findall(r"\w+", evidence.question.lower()))
    answer = " ".join(evidence.answer.lower().split())
    end = evidence.start if stop < 0 else stop
    found = 0
    for match in re.finditer(r"(?:(?!\n\s*\n).)+", text[start:end], re.DOTALL):
        paragraph = " ".join(match.group().lower().split())
        share = len(wanted & content_words(paragraph)) / max(1, len(wanted))
        telling = len(answer) > 12 and answer in paragraph
        if (
            (answer in paragraph and share >= 0.5)
            or telling
            or (share >= _NEAR and len(wanted) >= 3 and len(paragraph) < 400)
        ):
            found = start + match.end()
    return found


def nearest(sentences: list[tuple[int, int]], text: str, question: str) -> tuple[int, int] | None:
    """Of some places in a text, the one that shares most content words with a question; none if nothing is shared."""
    wanted = content_words(question)
    ranked = sorted(sentences, key=lambda span: -len(wanted & content_words(text[slice(*span)])))
    best = ranked[0] if ranked else None
    return best if best and wanted & content_words(text[slice(*best)]) else None
