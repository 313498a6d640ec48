"""Every rule over single sentences."""

import re
from collections.abc import Iterator

from tools.train.natural import doings, statements
from tools.train.natural.frame import Frame
from tools.train.natural.sentences import Sentence

_DANGLING = re.compile(
    r"\b(?:this|these|those|it|its|they|their|them|such|above|below|following|latter|former|he|she|his|her|previous)\b",
    re.IGNORECASE,
)


def statement_frames(sentence: Sentence) -> Iterator[Frame]:
    """Every question that a sentence answers by itself."""
    if not 30 <= sentence.end - sentence.start <= 300 or sentence.text.endswith("?"):
        return
    for rule in (*statements.RULES, *doings.RULES):
        for kind, slots, answer in rule(sentence.text):
            if answer in sentence.text and all(map(self_contained, slots.values())):
                yield Frame(kind, tuple(slots.items()), answer, sentence.start, sentence.end)


def self_contained(text: str) -> bool:
    """Whether a piece of a question does not point back at what only the document's reader has seen."""
    return not _DANGLING.search(text) and text.count("(") == text.count(")") and text.count('"') % 2 == 0
