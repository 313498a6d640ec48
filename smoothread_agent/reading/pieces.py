"""Pieces: a text cut into its sentences and lines, the units that a quote is made of.

Line breaks that only wrap a paragraph are seen through: one of them is where the next word would not have fitted
into the line any more. Where it would have, the line was ended on purpose: a title, an item, a row, a line of a log.
"""

import itertools
import re
from collections.abc import Iterator

from smoothread_agent.reading.wording import one_line

_NARROW, _WIDE = 40, 120
"""Characters of a line: text is not wrapped to less, nor to more."""

_BLANK = re.compile(r"\n[^\S\n]*(?:\n|$)")
_STOP = re.compile(
    r"[.!?…؟।]+[\"'”’»)\]*_`]*(?=\s+[\"'“‘«„(\[*_`<]*(?P<next>\S))"  # before a space, and what may open a sentence
    r"|[。！？．]+[”’」』）]*"  # with no space behind it
)
_ABBREVIATION = re.compile(
    r"(?:(?<!\w)(?:e\.g|i\.e|z\.B|d\.h|etc|vs|cf|Mr|Mrs|Ms|Dr|Prof|St|No|Nr|Art|Fig|Sec|Ch|Vol|approx|resp|ca|al|viz|pp?)"
    r"|(?<!\w)[^\W\d_])\.$"
)
_NUMBERED = re.compile(r"\s*(?:\d{1,3}(?:\.\d{1,3})*|[ivxIVX]{1,5}|[A-Za-z])[.)]$")
_ITEM = re.compile(r"\s*(?:[-*+•·–]\s|\(?(?:\d{1,3}|[a-z])[.)]\s|--?\w)")
_CLAUSES = ("; ", ": ", " – ", " - ", ", ", " ")


def pieces(text: str, longest: int) -> list[tuple[int, int]]:
    """Where the pieces of `text` stand, first character and one past the last, in order.

    Together they hold every character of it but the white space between them. A sentence of more than `longest`
    characters, each run of white space counted as one, is cut at a clause, else at a word, else where it must be.
    """
    return [
        piece
        for start, end in _blocks(text)
        for line in _lines(text, start, end)
        for sentence in _sentences(text, *line)
        for piece in _short(text, *sentence, longest)
    ]


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """The stretches between blank lines."""
    start = 0
    for blank in _BLANK.finditer(text):
        yield start, blank.start()
        start = blank.end()
    yield start, len(text)


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The lines of a block as its author meant them: those that were only wrapped are one."""
    ends = [match.start() for match in re.finditer("\n", text[start:end])]
    begins = [0, *(at + 1 for at in ends)]
    lines = [(start + a, start + b) for a, b in zip(begins, [*ends, end - start], strict=True)]
    lengths = [len(text[a:b].rstrip()) for a, b in lines]
    width = max((length for length in lengths if length <= _WIDE), default=max(lengths))
    pairs = [(text[a:b], text[c:d]) for (a, b), (c, d) in itertools.pairwise(lines)]
    rows = [bool(_ITEM.match(after)) or _opening(line) == _opening(after) for line, after in pairs]
    room = [not row and _fits(line, after, width) for row, (line, after) in zip(rows, pairs, strict=True)]
    unwrapped = width < _NARROW or sum(room) >= max(2, 0.5 * (len(rows) - sum(rows)))
    breaks = [unwrapped or row or fits for row, fits in zip(rows, room, strict=True)]
    first = start
    for (_, stop), broken in zip(lines, [*breaks, True], strict=True):
        if broken:
            yield first, stop
            first = stop


def _fits(line: str, following: str, width: int) -> bool:
    """Whether the next line's first word would have fitted into this one: then it was ended on purpose."""
    word = following.split(maxsplit=1)[:1]
    return not word or len(line.rstrip()) + 1 + len(word[0]) <= width


def _opening(line: str) -> str:
    """What rows of a table, lines of a log and entries of a list have in common: how they open."""
    word = line.split(maxsplit=1)[0] if line.strip() else ""
    return "0" if word[:1].isdigit() else word if word[:1].isalnum() else word[:1]


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    first = start
    for stop in _STOP.finditer(text, start, end):
        following = stop["next"]
        if following is not None:
            before = text[max(first, stop.end() - 12) : stop.end()]
            if (
                following.islower()
                or _ABBREVIATION.search(before)
                or _NUMBERED.match(text[first : stop.end()])
            ):
                continue
        yield first, stop.end()
        first = stop.end()
    yield first, end


def _short(text: str, start: int, end: int, longest: int) -> Iterator[tuple[int, int]]:
    """A sentence without the white space around it, in pieces that are short enough."""
    while True:
        start += len(text[start:end]) - len(text[start:end].lstrip())
        end = start + len(text[start:end].rstrip())
        if start == end:
            return
        if len(one_line(text[start:end])) <= longest:
            yield start, end
            return
        stop = _clause(text, start, start + longest)
        yield start, start + len(text[start:stop].rstrip())
        start = stop


def _clause(text: str, start: int, limit: int) -> int:
    """The best place before `limit` to cut at: behind a clause in the last two thirds, else behind a word."""
    window = re.sub(r"\s", " ", text[start:limit])
    for sign in _CLAUSES:
        at = window.rfind(sign)
        if at > (0 if sign == " " else len(window) // 3):
            return start + at + len(sign)
    return limit
