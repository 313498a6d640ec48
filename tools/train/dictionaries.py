"""Dictionaries as question banks: installed dictd databases (FOLDOC, the Jargon File, GCIDE, V.E.R.A., elements).

Without them there is simply less to ask. Headwords are split between training and held out by their hash.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from tools.train import dictd
from tools.train.natural.frame import Frame, clause, good_answer
from tools.train.natural.lexicon import content_words
from tools.train.natural.sentences import sentences
from tools.train.natural.thesaurus import gloss
from tools.train.trajectory import Split
from tools.train.wording.table import belongs

NAMES = ("foldoc", "jargon", "gcide", "vera", "elements")
_MOST_QUOTE = 295
_MOST_OF_GCIDE = 3  # one headword in so many: it is larger than all the others together


@dataclass(frozen=True)
class DictionaryEntry:
    """One entry as it stands in its dictionary, and what it answers."""

    headword: str
    text: str
    frames: tuple[Frame, ...]
    """Places are characters of `text`."""


@cache
def dictionary(name: str, split: Split) -> tuple[DictionaryEntry, ...]:
    """The entries of a dictionary that belong to a split, in alphabetical order; none if it is not installed."""
    raw = dictd.text(name)
    found = []
    seen: set[int] = set()
    for _, start, size in dictd.places(name) if raw else ():
        if start in seen or not 20 <= size <= 6_000 or not belongs(f"{name} {start}", split):
            continue
        seen.add(start)
        if name == "gcide" and start % _MOST_OF_GCIDE:
            continue
        text = _tidy(raw[start : start + size].decode("utf-8", "ignore"), name)
        headword = text.split("\n")[0].strip(" ,.")
        if name == "gcide":
            headword = re.split(r"[,.;(\[]", headword)[0].strip()
        if text and len(headword) <= 60:
            found.append(DictionaryEntry(headword, text, tuple(_frames(name, headword, text))))
    return tuple(found)


def _tidy(text: str, name: str) -> str:
    """An entry without the marks of its dictionary's own typesetting."""
    text = re.sub(r"\{([^{}]*)\}", r"\1", text)
    if name == "gcide":
        text = re.sub(r"\s*\[(?:1913 Webster|PJC|WordNet 1\.5|.{0,14}PJC|Webster \d+ Suppl\.)\]", "", text)
        text = re.sub(r"\\[^\\\n]*\\(?:\s*\([^()]*\))?", "", text)  # pronunciation
        text = re.sub(r"\[['`^=~:.]([a-z]+)\]", r"\1", text)
        text = re.sub(r" ,(?=\s)", ",", text)
    text = re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _frames(name: str, headword: str, text: str) -> Iterator[Frame]:
    yield from {"vera": _acronyms, "elements": _element, "gcide": _word}.get(name, _term)(headword, text)


def _acronyms(headword: str, text: str) -> Iterator[Frame]:
    match = re.match(r"(\S{2,10})\n\s+([A-Z][^\n(\[,]{6,80}?)(?=\s*[(\[,\n]|$)", text)
    if match and re.search(r"[a-z]{3}", match[2]) and match[2].isascii():
        yield Frame("acronym", (("s", match[1]),), match[2].strip(), match.start(1), match.end(2))


def _element(headword: str, text: str) -> Iterator[Frame]:
    for match in re.finditer(r"^\s*([A-Z][A-Za-z ]{3,30}): +([^\n]{1,40})$", text, re.MULTILINE):
        if match.end(2) <= _MOST_QUOTE:
            slots = (("field", match[1].strip().lower()), ("s", headword.lower()))
            yield Frame("element", slots, match[2].strip(), 0, match.end(2))


_ABBREVIATES = re.compile(
    r"^(?P<s>[A-Z][A-Z0-9/]{1,8})\n\n?\s+(?:<[^>]*>\s+)?"
    r"(?P<a>(?:[A-Z][\w-]+(?: |$|\n\s*)(?:(?:of|and|for|the|to|in) )?){2,6})"
)


def _term(headword: str, text: str) -> Iterator[Frame]:
    """FOLDOC and the Jargon File: the head, a subject in angle brackets, the definition."""
    body = re.compile(r"\n\s+(?:<[^>]*>\s*)?(?:\[[^\]]*\]\s*)?(?:\([^)]*\)\s*)?(?:1\.\s+)?(?=[A-Z])").search(
        text
    )
    if not body:
        return
    short = _ABBREVIATES.match(text)
    if short and "".join(word[0] for word in short["a"].split() if word[0].isupper()).startswith(
        short["s"][:2]
    ):
        answer = " ".join(short["a"].split())
        yield Frame("acronym", (("s", short["s"]),), answer, 0, short.start("a") + len(short["a"].rstrip()))
    for sentence in sentences(text, body.end(), min(len(text), body.end() + 600)):
        answer = clause(sentence.text, 150)
        if (
            sentence.end <= 300
            and good_answer(answer, 12, 150)
            and not answer.startswith(("See", "What", "This", "The original"))
        ):
            yield Frame("term", (("s", headword),), answer, 0, sentence.end)
            if (
                25 <= len(answer) <= 110
                and headword.lower() not in answer.lower()
                and answer.split()[0] in {"A", "An", "The"}
            ):
                described = answer[0].lower() + answer[1:]
                yield Frame("word_for", (("d", described),), headword, 0, sentence.end)
        break


_SENSE = re.compile(
    r"\n\s+(?:1\.\s+)?(?:\([A-Z][^)]{1,18}\)\s+)?(?P<d>[A-Z][^;:.\[\]{}]{10,150}?)(?=[;:.]|\s\[|\s--)"
)


def _word(headword: str, text: str) -> Iterator[Frame]:
    """A dictionary of the language: the first sense."""
    match = _SENSE.search(text)
    if (
        not match
        or match.end("d") > _MOST_QUOTE
        or not re.fullmatch(r"[A-Za-z][a-z -]{2,30}", headword.title())
        or "See" in match["d"]
    ):
        return
    answer = " ".join(match["d"].split())
    if not good_answer(answer, 10, 150) or answer.startswith(
        ("Of or pert", "Same as", "Alt", "A combining form")
    ):
        return
    word = headword.lower()
    noun = bool(re.match(r"(?:An?|The|Any) ", answer))
    article = "" if not answer.startswith("A") else "an " if word[0] in "aeiou" else "a "
    yield Frame("word_meaning", (("s", word), ("art", article.strip())), answer, 0, match.end("d"))
    if noun and len(answer) > 24 and word[:5] not in answer.lower():
        yield Frame("word_for", (("d", answer[0].lower() + answer[1:]),), word, 0, match.end("d"))
    otherwise = gloss(word)
    if word[:5] not in otherwise.lower() and _alike(content_words(otherwise), content_words(answer)):
        yield Frame("glossed", (("gloss", otherwise),), word, 0, match.end("d"))


def _alike(gloss: set[str], definition: set[str]) -> bool:
    """Whether two dictionaries may mean the same, and say it in other words."""
    return len(gloss) >= 3 and 0 < len(gloss & definition) <= len(gloss) / 2
