"""Paragraphs, sentences and entries of a plain text, each with its place in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|Mr|Mrs|Ms|Dr|St|No|Fig|approx|resp|ca|al|viz|pp|ch|sec)|(?<![A-Za-z])[A-Z])\.$"
)
_END = re.compile(r"[.!?][\"')\]”’]*(?=\s+[\"'(\[“‘`<]*[A-Z0-9(])")
_CODE = re.compile(
    r"^\s*(?:>>>|\$ |# |%|//|/\*|\||\+--|#include|import |def |class |@)|[{};]\s*$|=>|::=", re.MULTILINE
)


_TITLE = re.compile(r"(?=[^\n]{1,48}\n\s*[A-Z`'\"‘“*])[^\n]*[^\n.,;:!?]\n")
"""A title that stands on the first line of its paragraph."""


@dataclass(frozen=True)
class Sentence:
    """One sentence: its place in the text, and its words with single blanks between them."""

    start: int
    end: int
    text: str
    opens: bool
    """Whether it opens its paragraph."""


@dataclass(frozen=True)
class Entry:
    """A headed entry, as of an option or a function: the head's line or lines, and the first sentence under it."""

    start: int
    head: str
    body: Sentence


def paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """The stretches between empty lines."""
    start = 0
    for match in re.finditer(r"\n\s*\n", text):
        if match.start() > start:
            yield start, match.start()
        start = match.end()
    if start < len(text):
        yield start, len(text)


def is_prose(text: str) -> bool:
    """Whether a paragraph reads as sentences, not as code, a table or a list of names."""
    letters = sum(character.isalpha() or character.isspace() for character in text)
    words = re.findall(r"\b[a-z]{2,}\b", text)
    return len(words) >= 5 and letters > 0.8 * len(text) and not _CODE.search(text) and "  |" not in text


def sentences(text: str, start: int, end: int) -> Iterator[Sentence]:
    """The sentences of a stretch of text; one that does not end in a stop is left out."""
    title = _TITLE.match(text[start:end])
    at = start + title.end() if title else start
    opens = True
    for stop in [*(match.end() for match in _END.finditer(text, start, end)), end]:
        if _ABBREVIATION.search(text[max(at, stop - 8) : stop]):
            continue
        raw = text[at:stop]
        first = at + len(raw) - len(raw.lstrip())
        words = " ".join(raw.split())
        if words and words[-1] in ".!?\"')”’" and re.search(r"[.!?]", words[-3:]):
            yield Sentence(first, first + len(raw.strip()), words, opens)
        at, opens = stop, False


def entries(text: str) -> Iterator[Entry]:
    """Heads with the sentence that explains them: `--all` over an indented line, or a line over a paragraph."""
    spans = list(paragraphs(text))
    for number, (start, end) in enumerate(spans):
        block = text[start:end]
        lines = block.split("\n")
        heads = 0
        while heads < min(3, len(lines)) and _is_head(lines[heads]):
            heads += 1
        if not heads:
            continue
        head = "\n".join(lines[:heads])
        if heads < len(lines):
            body = (start + len(head) + 1, end)
        elif number + 1 < len(spans):
            body = spans[number + 1]
        else:
            continue
        if not is_prose(text[slice(*body)]):
            continue
        for sentence in sentences(text, *body):
            yield Entry(start + len(head) - len(head.lstrip()), head.strip(), sentence)
            break
        else:  # many descriptions of options end without a full stop
            raw = text[slice(*body)]
            first = body[0] + len(raw) - len(raw.lstrip())
            if len(raw) < 160 and not _is_head(raw.strip()):
                yield Entry(
                    start,
                    head.strip(),
                    Sentence(first, first + len(raw.strip()), " ".join(raw.split()), True),
                )


_HEAD = re.compile(
    r"""\s*(?:\*\s|-\s)?[‘'`"]?(?:
        -{1,2}[A-Za-z0-9?][\w-]*(?:[=\s,\[].{0,50})?   # -x, --long[=VALUE]
      | [A-Za-z_][\w.:]*\([^()]{0,80}\)(?:\s*(?:→|->).{1,30})?  # name(arguments)
      | \$?[A-Z][A-Z0-9_]{3,30}                    # VARIABLE, ERROR
      | [~/][\w./<>*~-]{3,60}                      # a file
      | [A-Za-z][\w.-]{2,30}=?                     # a setting
    )[’'`"]?(?:::?)?\s*""",
    re.VERBOSE,
)


def _is_head(line: str) -> bool:
    return len(line) < 90 and bool(_HEAD.fullmatch(line))
