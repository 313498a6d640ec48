"""Case: one text, one question, what a right answer holds and where the text says it."""

import hashlib
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from smoothread_agent.schema import ClueKind

T = TypeVar("T")

Span = tuple[int, int]
"""First character and one past the last, in a case's text."""

TokenCounter = Callable[[str], int]
"""Number of tokens of a text, without special tokens."""


class CaseError(ValueError):
    """A cell has no case: the text asked for is too short for it, or what it needs is not installed."""


def overlaps(first: Span, second: Span) -> bool:
    """Whether two spans share at least one character."""
    return first[0] < second[1] and second[0] < first[1]


@dataclass(frozen=True)
class Cell:
    """What a case is generated from, and nothing else: the same cell always gives the same case.

    Attributes:
        length: tokens asked for; the text holds at most as many.
        seed: the run's seed.
        index: number of the case among those of the same suite, task, length and seed.
    """

    suite: str
    task: str
    length: int
    seed: int
    index: int

    @property
    def id(self) -> str:
        """A name that no other cell has."""
        return f"{self.suite}/{self.task}/{self.length}/s{self.seed}/{self.index}"

    def rng(self) -> random.Random:
        """A new random generator, the same for the same cell in every process and on every machine."""
        return random.Random(self.id)

    def turn(self, items: Sequence[T]) -> T:
        """The item whose turn it is: the cases of a task and seed take each once before any comes again."""
        order = list(range(len(items)))
        random.Random(f"{self.suite}/{self.task}/s{self.seed}").shuffle(order)
        return items[order[self.index % len(items)]]


@dataclass(frozen=True)
class Case:
    """A question on a text, with all that is needed to judge an answer and the evidence shown for it.

    Attributes:
        question: the task as it is given to the reader.
        references: strings that a full answer holds, every one of them. Empty when there is no answer.
        aliases: for each reference, other wordings that count as well; empty, or as long as `references`.
        evidence: spans of the text that carry the answer.
        related: spans that a careful reader may quote though they do not carry the answer, such as a fact
            that is overturned later: a clue there is neither right nor false.
        unanswerable: the text does not tell; the right answer is to say so.
        ordered: the references must stand in this order for the strict score.
        clues: whether evidence is to be quoted or noted.
        early_stop: reading may end once the evidence was read. Where a later part could change the answer it
            may not.
        judge: gives an answer's share of the full score, 0 to 1, where this is not the share of references
            found.
        notes: facts about the case that are worth a column in the results, such as a source's name.
    """

    cell: Cell
    question: str
    text: str
    references: tuple[str, ...]
    evidence: tuple[Span, ...]
    aliases: tuple[tuple[str, ...], ...] = ()
    related: tuple[Span, ...] = ()
    unanswerable: bool = False
    ordered: bool = False
    clues: ClueKind = "quote"
    early_stop: bool = True
    judge: Callable[[str], float] | None = field(default=None, repr=False)
    notes: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.unanswerable == bool(self.references):
            raise ValueError(f"{self.cell.id}: references are for answerable cases, and for these alone")
        if self.aliases and len(self.aliases) != len(self.references):
            raise ValueError(f"{self.cell.id}: aliases must be given for every reference, or for none")
        for start, end in (*self.evidence, *self.related):
            if not 0 <= start < end <= len(self.text):
                raise ValueError(f"{self.cell.id}: the span {start}..{end} is outside the text")

    @property
    def id(self) -> str:
        """The cell's name."""
        return self.cell.id

    @property
    def wanted(self) -> tuple[tuple[str, ...], ...]:
        """For each reference, every wording that counts, the reference first."""
        aliases = self.aliases or ((),) * len(self.references)
        return tuple((reference, *others) for reference, others in zip(self.references, aliases, strict=True))

    @property
    def located(self) -> bool:
        """Whether it is known where the evidence stands, or that there is none."""
        return bool(self.evidence) or self.unanswerable

    @property
    def must_read_to(self) -> int:
        """Characters that have to be read before a reader may stop."""
        if self.unanswerable or not self.early_stop:
            return len(self.text)
        return max((end for _, end in self.evidence), default=len(self.text))

    @property
    def digest(self) -> str:
        """SHA-256 of question and text: tells results on changed documents apart."""
        both = f"{self.question}\0{self.text}".encode("utf-8", "surrogatepass")
        return hashlib.sha256(both).hexdigest()


def join(pieces: Iterable[str]) -> tuple[str, tuple[Span, ...]]:
    """The pieces as one text, and the span of each without the white space at its ends."""
    spans, position = [], 0
    parts = list(pieces)
    for part in parts:
        stripped = part.strip()
        start = position + (part.index(stripped) if stripped else 0)
        spans.append((start, start + len(stripped)))
        position += len(part)
    return "".join(parts), tuple(spans)
