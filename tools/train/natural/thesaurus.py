"""A thesaurus: other words for plain words, by an installed dictionary of synonyms (WordNet, Debian's dict-wn).

Our own tables know what documentation says often; this knows forty times as many words, and less of which fits. So it
speaks of words with few senses alone, and of their first ones. Without the dictionary there is nothing in it.
"""

import gzip
import re
from collections.abc import Iterator
from functools import cache

from tools.train.dictionaries import FOLDER

_FILE = FOLDER / "wn.dict.dz"
_FEW = 7
"""Most senses of a word that is replaced: of more, the dictionary alone cannot know which is meant."""
_FIRST = 2
"""Senses of a word, as a noun, a verb or an adjective, of which the synonyms are taken."""
_ENTRY = re.compile(r"^(?=\S)", re.MULTILINE)
_SENSE = re.compile(r"^ {4}(?:(n|v|adj|adv) )?(?:(\d+))?: ", re.MULTILINE)
_SYNONYMS = re.compile(r"\[syn: ([^\]]*)\]")


@cache
def synonyms() -> dict[str, tuple[str, ...]]:
    """By word, in lower case: the words that may stand for it."""
    if not _FILE.exists():
        return {}
    found = {}
    for entry in _ENTRY.split(gzip.decompress(_FILE.read_bytes()).decode("utf-8", "ignore")):
        word, _, senses = entry.partition("\n")
        if re.fullmatch(r"[a-z]{4,}", word) and (others := tuple(dict.fromkeys(_others(word, senses)))):
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


def _others(word: str, senses: str) -> Iterator[str]:
    told = _SENSE.split(senses)[1:]  # part of speech, number, text; again and again
    if len(told) // 3 > _FEW:
        return
    kind, count = "", 0
    for named, text in zip(told[::3], told[2::3], strict=True):
        kind, count = (named, 1) if named else (kind, count + 1)
        match = _SYNONYMS.search(text)
        if kind not in ("n", "v", "adj") or count > _FIRST or match is None:
            continue
        for other in re.findall(r"\{([^}]*)\}", match[1]):
            other = " ".join(other.split())
            if other != word and re.fullmatch(r"[a-z]{3,}(?: [a-z]{2,}){0,2}", other):
                yield other
