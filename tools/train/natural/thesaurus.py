"""A thesaurus: other words for plain words, and what words mean, by an installed WordNet (Debian's dict-wn).

Our own tables know what documentation says often; this knows forty times as many words, and less of which fits. So it
speaks of words with few senses alone, and of their first ones. Without the dictionary there is nothing in it.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from tools.train import dictd

_FEW = 7
"""Most senses of a word that is replaced: of more, the dictionary alone cannot know which is meant."""
_FIRST = 2
"""Senses of a word, as a noun, a verb or an adjective, of which the synonyms are taken."""
_ENTRY = re.compile(r"^(?=\S)", re.MULTILINE)
_SENSE = re.compile(r"^ {4}(?:(n|v|adj|adv) )?(?:(\d+))?: ", re.MULTILINE)
_SYNONYMS = re.compile(r"\[syn: ([^\]]*)\]")
_NO_GLOSS = re.compile(r'; "|\[(?:syn|ant|also):')
"""What stands behind a gloss: examples, and words that are alike or opposed."""


class Sense(NamedTuple):
    """One sense of a word."""

    kind: str
    """Part of speech: n, v, adj or adv."""
    number: int
    """Among those of its kind, from 1."""
    text: str


@cache
def senses() -> dict[str, tuple[Sense, ...]]:
    """By word, as it is written: what it means."""
    entries = _ENTRY.split(dictd.text("wn").decode("utf-8", "ignore"))
    return {word: tuple(_senses(text)) for word, _, text in (entry.partition("\n") for entry in entries)}


def gloss(word: str) -> str:
    """What a word means that means one thing; empty for all others."""
    known = senses().get(word, ())
    return " ".join(_NO_GLOSS.split(known[0].text)[0].split()).rstrip(" ;") if len(known) == 1 else ""


@cache
def synonyms() -> dict[str, tuple[str, ...]]:
    """By word, in lower case: the words that may stand for it."""
    found = {}
    for word, known in senses().items():
        if re.fullmatch(r"[a-z]{4,}", word) and (others := tuple(dict.fromkeys(_others(word, known)))):
            found[word] = others
    return found


def other_words(word: str) -> tuple[str, ...]:
    """The words that may stand for one; for a plural, their plurals."""
    known = synonyms()
    if word in known:
        return known[word]
    if word.endswith("s") and not word.endswith("ss") and word[:-1] in known:
        return tuple(f"{other}s" for other in known[word[:-1]] if other[-1] not in "sxyzh")
    return ()


def _senses(text: str) -> Iterator[Sense]:
    told = _SENSE.split(text)[1:]  # part of speech, number, text; again and again
    kind, count = "", 0
    for named, sense in zip(told[::3], told[2::3], strict=True):
        kind, count = (named, 1) if named else (kind, count + 1)
        yield Sense(kind, count, sense)


def _others(word: str, known: tuple[Sense, ...]) -> Iterator[str]:
    for sense in known if len(known) <= _FEW else ():
        match = _SYNONYMS.search(sense.text)
        if sense.kind not in ("n", "v", "adj") or sense.number > _FIRST or match is None:
            continue
        for other in re.findall(r"\{([^}]*)\}", match[1]):
            other = " ".join(other.split())
            if other != word and re.fullmatch(r"[a-z]{3,}(?: [a-z]{2,}){0,2}", other):
                yield other
