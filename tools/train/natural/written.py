"""Questions that were written one by one, with care, on passages of the corpora: in other words than the text has.

A rule makes a question out of a sentence's own words, and real ones are not so. These were written by a large language
model that had the passage before it and was to ask as somebody does who has not read it. They lie in
`tools/train/data/questions.jsonl`, one passage a line; of the text itself nothing is in the file but where it stands and its
digest. A passage that is not installed, or that another version words otherwise, is passed over.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from smoothread_agent.reading.wording import one_line
from tools.train.corpora import Document, corpus
from tools.train.trajectory import Split

FILE = Path(__file__).parents[1] / "data" / "questions.jsonl"
SHARED = "/usr/share/"
"""What a document's name is told without, in the file."""


@dataclass(frozen=True)
class Written:
    """A question on a passage of a document."""

    document: Document
    passage: tuple[int, int]
    """Where it stands in the document."""
    question: str
    answers: tuple[str, ...] = ()
    """In the order in which they are asked for; none where the passage does not answer."""
    evidence: tuple[tuple[int, int], ...] = ()
    """Where in the document each answer is told."""


@cache
def written(split: Split) -> tuple[Written, ...]:
    """The questions on the documents of a split that are installed as they were when they were asked about."""
    documents = {document.name.removeprefix(SHARED): document for document in corpus(split).documents}
    return tuple(_read(FILE, documents))


@cache
def with_answers(split: Split, count: int) -> tuple[Written, ...]:
    """Those of `written` that have so many answers."""
    return tuple(asked for asked in written(split) if len(asked.answers) == count)


def digest(passage: str) -> str:
    """What a passage is known again by, whatever its white space."""
    return hashlib.sha256(one_line(passage).encode()).hexdigest()[:16]


def _read(path: Path, documents: dict[str, Document]) -> Iterator[Written]:
    with path.open(encoding="utf-8") as file:
        for row in map(json.loads, file):
            document = documents.get(row["document"])
            start, end = row["passage"]
            if document is None or digest(document.text[start:end]) != row["digest"]:
                continue
            for asked in row["questions"]:
                evidence = tuple((start + first, start + last) for first, last in asked.get("evidence", ()))
                answers = tuple(asked.get("answers", ()))
                yield Written(document, (start, end), asked["question"], answers, evidence)
