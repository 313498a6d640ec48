"""Probes in real text: natural facts, facts overturned later, two hops in either order, no answer."""

import random

from tools.evaluate.case import Case, Cell, TokenCounter
from tools.evaluate.haystack import lay, real
from tools.evaluate.suites.facts import CHAINS, FACTS, REVERSALS, VALUES, Fact, subjects

_DISTRACTORS = 3


def natural(cell: Cell, count: TokenCounter) -> Case:
    """A fact in a natural sentence, asked for in other words; the same is told of other subjects."""
    rng = cell.rng()
    fact = cell.turn(FACTS)
    statements, subject, value = _statements(rng, fact)
    order = rng.sample(range(len(statements)), len(statements))
    hay = lay([statements[i] for i in order], real(rng), cell.length, count, rng)
    evidence = (hay.spans[order.index(0)],)
    question = fact.question.format(about=subject)
    return Case(cell, question, hay.text, (value,), evidence, notes={"gives": fact.gives})


def no_answer(cell: Cell, count: TokenCounter) -> Case:
    """The asked fact is told of other subjects, and another fact of the asked one, but itself it is not."""
    rng = cell.rng()
    fact = cell.turn(FACTS)
    statements, subject, _ = _statements(rng, fact)
    siblings = [other for other in FACTS if other.about == fact.about and other.gives != fact.gives]
    sibling = rng.choice(siblings)
    near_misses = [*statements[1:], sibling.statement.format(about=subject, value=VALUES[sibling.gives](rng))]
    rng.shuffle(near_misses)
    hay = lay(near_misses, real(rng), cell.length, count, rng)
    question = fact.question.format(about=subject)
    return Case(cell, question, hay.text, (), (), unanswerable=True, notes={"gives": fact.gives})


def overturned(cell: Cell, count: TokenCounter) -> Case:
    """A fact that a later one overturns, what holds at the end being asked; nothing else is overturned."""
    rng = cell.rng()
    reversal = cell.turn(REVERSALS)
    places = rng.sample(subjects("town"), 3)
    old, new, other = _different(rng, reversal.gives, 3, without=places)
    told = [reversal.earlier.format(about=places[0], old=old)]
    told.append(reversal.later.format(about=places[0], old=old, value=new))
    unchanged = reversal.earlier.format(about=places[1], old=other)
    position = rng.randint(0, 2)
    told.insert(position, unchanged)
    hay = lay(told, real(rng), cell.length, count, rng)
    earlier, later = (span for number, span in enumerate(hay.spans) if number != position)
    question = reversal.question.format(about=places[0])
    return Case(cell, question, hay.text, (new,), (later,), related=(earlier,), early_stop=False)


def two_hops(cell: Cell, count: TokenCounter) -> Case:
    """Two facts, the first of which says what the second must be about; another such chain beside them."""
    return _hops(cell, count, reverse=False)


def two_hops_reverse(cell: Cell, count: TokenCounter) -> Case:
    """The same in reverse order: the first clue stands there before it is known to matter."""
    return _hops(cell, count, reverse=True)


def _hops(cell: Cell, count: TokenCounter, *, reverse: bool) -> Case:
    rng = cell.rng()
    chain = cell.turn(CHAINS)
    people, towns = rng.sample(subjects("person"), 6), rng.sample(subjects("town"), 4)
    bridges = towns[:2] if chain.bridge == "town" else people[2:4]
    values = _different(rng, chain.gives, 2, without=[*people[:4], *towns[:2]])
    pairs = []
    for about, bridge, value in zip(people[:2], bridges, values, strict=True):
        steps = [
            chain.first.format(about=about, bridge=bridge),
            chain.second.format(bridge=bridge, value=value),
        ]
        pairs.append(steps[::-1] if reverse else steps)
    turns = rng.sample([0, 0, 1, 1], 4)
    following = [iter(pair) for pair in pairs]
    hay = lay([next(following[turn]) for turn in turns], real(rng), cell.length, count, rng)
    evidence = tuple(span for turn, span in zip(turns, hay.spans, strict=True) if turn == 0)
    question = chain.question.format(about=people[0])
    return Case(cell, question, hay.text, (values[0],), evidence)


def _statements(rng: random.Random, fact: Fact) -> tuple[list[str], str, str]:
    """The asked statement, and the same of other subjects with other values; the asked subject and value."""
    names = rng.sample(subjects(fact.about), _DISTRACTORS + 1)
    values = _different(rng, fact.gives, _DISTRACTORS + 1, without=names)
    told = [fact.statement.format(about=name, value=value) for name, value in zip(names, values, strict=True)]
    return told, names[0], values[0]


def _different(rng: random.Random, sort: str, number: int, without: list[str]) -> list[str]:
    """So many different values, none of them a name that the case uses otherwise."""
    drawn: list[str] = []
    while len(drawn) < number:
        value = VALUES[sort](rng)
        if value not in drawn and value not in without:
            drawn.append(value)
    return drawn


TASKS = {maker.__name__: maker for maker in (natural, no_answer, overturned, two_hops, two_hops_reverse)}
