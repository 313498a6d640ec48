"""The bank of questions on the documents of a split: every frame that the rules find, kept in the cache folder.

Questions from elsewhere come in by the same door: `SMOOTHREAD_QUESTIONS` names JSON-lines files, one question a
line, as `{"document": ..., "question": ..., "answer": ..., "quote": ...}`, where `document` is a document's name in
the corpora and the quote stands in it verbatim. So can questions that a model wrote (kept because the answer comes
back from the quote, and not without it) be trained on. They fall into the split of their document.
"""

import json
import os
import random
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

from tools.train.corpora import Corpus, Document, cache_file, corpus
from tools.train.natural.frame import Frame
from tools.train.natural.headed import entry_frames, heading_frames, name_frames
from tools.train.natural.rules import statement_frames
from tools.train.natural.sentences import is_prose, paragraphs, sentences
from tools.train.trajectory import Split, TrajectoryError

QUESTIONS_VARIABLE = "SMOOTHREAD_QUESTIONS"
"""Environment variable: files of questions written elsewhere, colon-separated."""

VERSION = 8
"""To be raised whenever a rule changes, so that the bank is made anew."""
_SAME_AT_MOST = 3
"""How many documents may say the same: boilerplate is not asked about more often."""


@dataclass(frozen=True)
class Asked:
    """A frame and the document in which it was found."""

    document: Document
    frame: Frame


class Bank:
    """The frames of a split, drawn by kind so that frequent kinds do not crowd out rare ones."""

    def __init__(self, found: list[Asked]) -> None:
        self.kinds: dict[str, list[Asked]] = {}
        self.documents: dict[str, list[Frame]] = {}
        for asked in found:
            self.kinds.setdefault(asked.frame.kind, []).append(asked)
            self.documents.setdefault(asked.document.name, []).append(asked.frame)

    def draw(self, rng: random.Random, kinds: tuple[str, ...]) -> Asked:
        """A frame of one of the kinds, each as likely as the square root of its number."""
        present = [kind for kind in kinds if kind in self.kinds]
        if not present:
            raise TrajectoryError(f"no question of these kinds in the corpora: {', '.join(kinds)}")
        steps = list(accumulate(len(self.kinds[kind]) ** 0.5 for kind in present))
        at = bisect_right(steps, rng.random() * steps[-1])
        return rng.choice(self.kinds[present[min(at, len(present) - 1)]])

    def around(self, document: Document, start: int, end: int) -> list[Frame]:
        """The frames whose evidence lies in a stretch of a document."""
        return [
            frame
            for frame in self.documents.get(document.name, ())
            if start <= frame.start and frame.end <= end
        ]


@cache
def bank(split: Split) -> Bank:
    """The bank of a split; made when it is first asked for, which takes a minute or two."""
    source = corpus(split)
    store = cache_file(f"questions-{split}", VERSION)
    if not store.exists():
        store.parent.mkdir(parents=True, exist_ok=True)
        draft = store.with_suffix(f".{os.getpid()}")
        with draft.open("w", encoding="utf-8") as file:
            for number, frame in _distinct(source):
                row = [number, frame.kind, dict(frame.slots), frame.answer, frame.start, frame.end]
                file.write(json.dumps(row) + "\n")
        draft.replace(store)
    found = []
    with store.open(encoding="utf-8") as file:
        for line in file:
            number, kind, slots, answer, start, end = json.loads(line)
            frame = Frame(kind, tuple(slots.items()), answer, start, end)
            found.append(Asked(source.documents[number], frame))
    return Bank([*found, *_written(source)])


def document_frames(text: str) -> Iterator[Frame]:
    """Every frame of one text, by all rules."""
    yield from name_frames(text)
    yield from heading_frames(text)
    yield from entry_frames(text)
    for start, end in paragraphs(text):
        if is_prose(text[start:end]):
            before = None
            for sentence in sentences(text, start, end):
                yield from statement_frames(sentence, before)
                before = sentence


def _distinct(source: Corpus) -> Iterator[tuple[int, Frame]]:
    """Frames without boilerplate, and without questions that one document answers in two ways."""
    seen: dict[tuple[str, str], int] = {}
    for number, document in enumerate(source.documents):
        frames = list(document_frames(document.text))
        answers: dict[tuple[str, tuple[tuple[str, str], ...]], set[str]] = {}
        for frame in frames:
            answers.setdefault((frame.kind, frame.slots), set()).add(frame.answer)
        told: set[tuple[str, tuple[tuple[str, str], ...]]] = set()
        for frame in frames:
            key = (frame.kind, frame.slots)
            same = (frame.kind, frame.answer + "|".join(text for name, text in frame.slots if name != "of"))
            if len(answers[key]) > 1 or key in told or seen.get(same, 0) >= _SAME_AT_MOST:
                continue
            told.add(key)
            seen[same] = seen.get(same, 0) + 1
            yield number, frame


def _written(source: Corpus) -> Iterator[Asked]:
    """Questions from the files that `SMOOTHREAD_QUESTIONS` names."""
    documents = {document.name: document for document in source.documents}
    for path in filter(None, os.environ.get(QUESTIONS_VARIABLE, "").split(":")):
        with Path(path).open(encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                document = documents.get(row["document"])
                if document is None:
                    continue  # of the other split, or of corpora that are not here
                start = document.text.find(row["quote"])
                if start < 0:
                    raise ValueError(f"{path}: the quote does not stand in {document.name}: {row['quote']!r}")
                frame = Frame(
                    "written", (("q", row["question"]),), row["answer"], start, start + len(row["quote"])
                )
                yield Asked(document, frame)
