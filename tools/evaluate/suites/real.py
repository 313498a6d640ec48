"""Real questions on real documentation, each asked on a stretch of its document of any asked length.

The stretch lies at a seeded place around the evidence. Where the document is too short, others stand before
and behind it, as in a folder of documents; where two places lie too far apart, a stretch is taken around
each.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tools.evaluate.case import Case, CaseError, Cell, Span, TokenCounter
from tools.evaluate.documents import Document, installed, load
from tools.evaluate.haystack import lay, real, sentences
from tools.evaluate.suites.questions import Question, find, sentence_around, usable

_SLACK = 0.97
"""Share of the length that stretches may fill: white space between them has tokens too."""
_SHORT = 0.9
"""Share of the length below which other documents are set beside."""


@dataclass(frozen=True)
class Stretch:
    """Units `first` to `last` (not included) of a document."""

    units: tuple[str, ...]
    first: int
    last: int

    @property
    def text(self) -> str:
        """The stretch itself, without blank lines at its ends."""
        return "".join(self.units[self.first : self.last]).strip()

    def tokens(self, count: TokenCounter) -> int:
        """Tokens of its units, counted one by one."""
        return sum(count(unit) for unit in self.units[self.first : self.last])

    def grown(self, budget: int, count: TokenCounter, before: float) -> "Stretch":
        """As long as `budget` tokens allow, `before` being the share of what is added that lies in front."""
        first, last, used = self.first, self.last, self.tokens(count)
        room_before = int((budget - used) * before)
        while first > 0 and (cost := count(self.units[first - 1])) <= min(room_before, budget - used):
            first, used, room_before = first - 1, used + cost, room_before - cost
        while last < len(self.units) and (cost := count(self.units[last])) <= budget - used:
            last, used = last + 1, used + cost
        while first > 0 and (cost := count(self.units[first - 1])) <= budget - used:
            first, used = first - 1, used + cost
        return Stretch(self.units, first, last)


def one_place(cell: Cell, count: TokenCounter) -> Case:
    """The answer stands in one sentence."""
    return _case(cell, count)


def two_places(cell: Cell, count: TokenCounter) -> Case:
    """The answer has two parts, in two sentences."""
    return _case(cell, count)


def no_answer(cell: Cell, count: TokenCounter) -> Case:
    """The document comes close to the question and does not answer it."""
    return _case(cell, count)


def _case(cell: Cell, count: TokenCounter) -> Case:
    available = usable(cell.task)
    if not available:
        raise CaseError(f"no question of real/{cell.task} can be asked here: see `--list-missing`")
    rng, question = cell.rng(), cell.turn(available)
    document = load(question.document)
    units = sentences(document)
    places = [find(anchor, document.text)[0] for anchor in question.anchors]
    stretches = _around(places, units, int(cell.length * _SLACK), count, rng)
    filler: Iterator[str] = iter(())
    if sum(stretch.tokens(count) for stretch in stretches) < _SHORT * cell.length:
        shelf = [other for other in installed() if other != document and _may_stand_beside(other, question)]
        filler = real(rng, shelf)
    hay = lay([stretch.text for stretch in stretches], filler, cell.length, count, rng)
    shown = [sentence_around(place, document, units) for place in places]
    evidence = tuple(_locate(sentence, hay.text, hay.spans) for sentence in shown)
    repeated = tuple(span for anchor in question.also for span in find(anchor, hay.text))
    notes = {"question": question.id, "document": question.document}
    if question.drifted():
        notes["drifted"] = "yes"
    if not question.references:
        return Case(cell, question.question, hay.text, (), (), unanswerable=True, notes=notes)
    return Case(
        cell,
        question.question,
        hay.text,
        tuple(forms[0] for forms in question.references),
        evidence,
        aliases=tuple(forms[1:] for forms in question.references),
        related=repeated,
        notes=notes,
    )


def _around(
    places: Sequence[Span], units: tuple[str, ...], budget: int, count: TokenCounter, rng: random.Random
) -> list[Stretch]:
    """One stretch with every place in it, or one for each place where they lie too far apart."""
    cores = [_units_of(place, units) for place in places]
    first, last = min(core.first for core in cores), max(core.last for core in cores)
    whole = Stretch(units, first, last)
    if whole.tokens(count) <= budget:
        return [whole.grown(budget, count, rng.random())]
    share = budget // len(cores)
    ordered = sorted(cores, key=lambda core: core.first)
    grown = [core.grown(share, count, rng.random()) for core in ordered]
    # Grown stretches that meet would repeat what lies between them.
    ends = [0, *(stretch.last for stretch in grown)]
    return [Stretch(units, max(s.first, end), s.last) for s, end in zip(grown, ends, strict=False)]


def _units_of(place: Span, units: tuple[str, ...]) -> Stretch:
    position, touched = 0, []
    for number, unit in enumerate(units):
        if position < place[1] and place[0] < position + len(unit):
            touched.append(number)
        position += len(unit)
    return Stretch(units, touched[0], touched[-1] + 1)


def _may_stand_beside(other: Document, question: Question) -> bool:
    """Whether another document neither repeats the evidence nor might answer what is not to be answered."""
    if any(string in other.text for string in question.absent):
        return False
    return not any(find(anchor, other.text) for anchor in (*question.anchors, *question.also))


def _locate(sentence: str, text: str, within: Sequence[Span]) -> Span:
    for start, end in within:
        position = text.find(sentence, start, end)
        if position >= 0:
            return position, position + len(sentence)
    raise LookupError(f"the evidence is not in the text that was laid out: {sentence[:60]!r}")


TASKS = {maker.__name__: maker for maker in (one_place, two_places, no_answer)}
