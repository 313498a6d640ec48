"""Every rule over single sentences."""

import re
from collections.abc import Iterator

from tools.train.natural import doings, inversion, statements
from tools.train.natural.frame import Frame, good_subject
from tools.train.natural.sentences import Sentence
from tools.train.trajectory import MAX_QUOTE

_DANGLING = re.compile(
    r"\b(?:this|these|those|it|its|they|their|them|such|above|below|following|latter|former|he|she|his|her|previous)\b",
    re.IGNORECASE,
)


def statement_frames(sentence: Sentence, before: Sentence | None = None) -> Iterator[Frame]:
    """Every question that a sentence answers by itself, or, if it begins with `It`, together with the one before."""
    if sentence.text.endswith("?"):
        return
    start, text = sentence.start, sentence.text
    if before is not None and (pronoun := _IT.match(text)):
        subject = _SUBJECT.match(before.text)
        if not subject or not good_subject(subject["s"]) or subject["s"].split()[-1].endswith("s"):
            return
        start, text = before.start, f"{subject['s']} {text[pronoun.end() :]}"
    if not 30 <= sentence.end - start <= MAX_QUOTE:
        return
    for rule in (*statements.RULES, *doings.RULES, *inversion.RULES):
        for kind, slots, answer in rule(text):
            if (answer in text or answer in {"Yes", "No"}) and all(map(self_contained, slots.values())):
                yield Frame(kind, tuple(slots.items()), answer, start, sentence.end)


_IT = re.compile(r"It (?=(?:also |then |only |usually |normally )?(?:is|was|can|has|may|must|[a-z]+s)\b)")
_SUBJECT = re.compile(r"(?P<s>[^,;:]{3,50}?) (?:is|was|has|can|may|will|[a-z]+s) ")


def self_contained(text: str) -> bool:
    """Whether a piece of a question does not point back at what only the document's reader has seen."""
    return not _DANGLING.search(text) and text.count("(") == text.count(")") and text.count('"') % 2 == 0
