"""Questions written by hand on installed documentation, and where its text answers them.

`data/questions.jsonl` holds the questions, the answers and short anchors of the evidence; the text itself is
read from the machine. An anchor is found whatever marks and white space stand between its words, so that it
outlives a change of markup. A question whose document is missing, or has changed so that an anchor is gone,
is left out with a reason.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tools.evaluate.case import Span
from tools.evaluate.documents import Document, MissingDocumentError, load, records

_DATA = Path(__file__).parents[1] / "data" / "questions.jsonl"


@dataclass(frozen=True)
class Question:
    """A question on one document.

    Attributes:
        references: for each part of the answer the wordings that count; empty where the text gives no answer.
        evidence: anchors of the sentences that answer it, all of which are needed.
        also: anchors of sentences that say the same once more.
        near: for a question without an answer, anchors of sentences close to its subject.
        absent: strings that would hint at an answer; no text in which it is asked may hold them.
    """

    id: str
    document: str
    question: str
    references: tuple[tuple[str, ...], ...]
    evidence: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()

    @property
    def task(self) -> str:
        """The task of the suite `real` that asks it."""
        if not self.references:
            return "no_answer"
        return "one_place" if len(self.evidence) == 1 else "two_places"

    @property
    def anchors(self) -> tuple[str, ...]:
        """What the text around which it is asked must hold."""
        return self.evidence or self.near

    def drifted(self) -> bool:
        """Whether the installed text is another one than those on which the question was checked."""
        return load(self.document).digest not in records()[self.document].digests.values()

    def unusable(self) -> str | None:
        """Why it cannot be asked on this machine; none if it can."""
        try:
            text = load(self.document).text
        except MissingDocumentError as error:
            return f"{self.id}: {error}"
        for anchor in self.anchors:
            if not find(anchor, text):
                return f"{self.id}: {self.document} has changed, {anchor!r} is no longer in it"
        found = [string for string in self.absent if string in text]
        return f"{self.id}: {self.document} has changed, it may answer now ({found[0]!r})" if found else None


def find(anchor: str, text: str) -> tuple[Span, ...]:
    """Where the words of the anchor follow each other, whatever stands between them."""
    inner = r"\W{1,12}".join(re.escape(word) for word in re.findall(r"\w+", anchor))
    return tuple(match.span() for match in re.finditer(rf"(?<!\w){inner}(?!\w)", text))


def sentence_around(span: Span, document: Document, units: tuple[str, ...]) -> str:
    """The units of the document that the span touches, without white space at the ends."""
    position, touched = 0, []
    for unit in units:
        if position < span[1] and span[0] < position + len(unit):
            touched.append(unit)
        position += len(unit)
    return "".join(touched).strip()


@cache
def questions() -> tuple[Question, ...]:
    """Every question, usable on this machine or not."""
    return tuple(_parse(line) for line in _DATA.read_text(encoding="utf-8").splitlines())


@cache
def usable(task: str) -> tuple[Question, ...]:
    """The questions of a task that can be asked on this machine, in a fixed order."""
    return tuple(question for question in questions() if question.task == task and not question.unusable())


def left_out() -> Iterator[str]:
    """Why questions are left out on this machine, one line each."""
    yield from (reason for question in questions() if (reason := question.unusable()))


def _parse(line: str) -> Question:
    raw = json.loads(line)
    references = tuple(tuple(forms) for forms in raw.pop("references"))
    lists = {name: tuple(value) for name, value in raw.items() if isinstance(value, list)}
    return Question(**{**raw, **lists, "references": references})
