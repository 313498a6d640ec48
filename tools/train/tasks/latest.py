"""Facts overturned later: the answer is what holds in the end, so reading goes on to the end of the text."""

import re
from itertools import pairwise

from tools.train.tasks.compose import Draw, Fact, Plot, compose
from tools.train.tasks.facts import Teller, articles, relations, surroundings
from tools.train.trajectory import Trajectory
from tools.train.wording.latest import CHANGING, FIRST, PROVISIONAL, QUESTIONS, UPDATES
from tools.train.wording.table import Table


def _task(family: str, draw: Draw, first: Table[str], changes: int, asks_for_latest: bool) -> Trajectory:
    rng, split = draw.rng, draw.split
    teller = Teller(rng, split)
    relation = rng.choice([relation for relation in relations(split) if relation.name in CHANGING])
    subject = teller.subject(relation)
    values = []
    for _ in range(changes + 1):
        values.append(teller.value(relation))
        teller.reserve(relation, subject, values[-1])
    teller.avoided.add(relation.name)
    begun = teller.say(relation, subject, values[0], lead=False)
    before = first.draw(rng, split)
    if before and not re.match(r"[A-Z]", subject) and begun.startswith("The "):
        begun = begun[0].lower() + begun[1:]
    facts = [Fact(before + begun)]
    for old, new in pairwise(values):
        said = UPDATES.draw(rng, split).format(s=subject, v=new, old=old, thing=relation.thing)
        facts.append(Fact(articles(said[0].upper() + said[1:])))
    question = QUESTIONS.draw(rng, split).format(s=subject, thing=relation.thing)
    distractors = list(teller.distractors(relation, subject, rng.randint(0, draw.parts // 2)))
    for _ in range(rng.randint(0, 2)):  # the same news of another one
        name, old, new = teller.like(relation, subject), teller.value(relation), teller.value(relation)
        said = UPDATES.draw(rng, split).format(s=name, v=new, old=old, thing=relation.thing)
        distractors.append(Fact(articles(said[0].upper() + said[1:])))
    plot = Plot(
        family,
        question if asks_for_latest else teller.ask(relation, subject),
        values[-1],
        tuple(facts),
        tuple(distractors),
    )
    return compose(plot, draw, surroundings(draw, teller))


def overturned(draw: Draw) -> Trajectory:
    """The question asks for the latest; up to three changes, or none."""
    return _task("latest.overturned", draw, FIRST, draw.rng.choice((0, 1, 1, 1, 2, 2, 3)), True)


def provisional(draw: Draw) -> Trajectory:
    """A plain question; the first statement itself says that it may change."""
    return _task("latest.provisional", draw, PROVISIONAL, draw.rng.choice((0, 1, 1, 2)), False)


FAMILIES = {"latest.overturned": (overturned, 1.5), "latest.provisional": (provisional, 0.5)}
"""Family name: its generator and its default weight."""
