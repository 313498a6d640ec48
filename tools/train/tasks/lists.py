"""Lists and counts: everyone of whom the same is said, to the end of the text."""

from tools.train.tasks.compose import Draw, Fact, Plot, compose
from tools.train.tasks.facts import Teller, articles, relations, surroundings
from tools.train.tasks.needles import NeedleForm, haystack
from tools.train.trajectory import Trajectory
from tools.train.wording.lists import LISTS, NEEDLE_COUNTS
from tools.train.wording.relations import Relation


def _people(family: str, draw: Draw, counts: bool) -> Trajectory:
    rng, split = draw.rng, draw.split
    teller = Teller(rng, split)
    relation: Relation = rng.choice([relation for relation in relations(split) if relation.name in LISTS])
    value = teller.value(relation)
    teller.values.add(value)
    subjects: list[str] = []
    facts: list[Fact] = []
    for _ in range(rng.randint(1, min(6, 1 + draw.parts // 2))):
        subject = teller.subject(relation)
        if subject in subjects:
            continue
        subjects.append(subject)
        teller.reserve(relation, subject, value)
        facts.append(Fact(teller.say(relation, subject, value)))
    question = LISTS[relation.name][counts].draw(rng, split).format(v=value)
    count = rng.randint(0, draw.parts)
    distractors = [Fact(teller.other(relation)) for _ in range(count)]
    distractors += teller.distractors(relation, rng.choice(subjects), rng.randint(0, 2))
    plot = Plot(
        family,
        articles(question),
        str(len(subjects)) if counts else ", ".join(subjects),
        tuple(facts),
        tuple(distractors),
    )
    return compose(plot, draw, surroundings(draw, teller))


def collect(draw: Draw) -> Trajectory:
    """Everyone who lives, works, was born, ... in the same place."""
    return _people("lists.collect", draw, False)


def count(draw: Draw) -> Trajectory:
    """How many they are."""
    return _people("lists.count", draw, True)


def count_values(draw: Draw) -> Trajectory:
    """How many values a key has."""
    rng, split = draw.rng, draw.split
    form = NeedleForm(rng, split)
    key = form.key()
    total = rng.randint(1, min(6, max(2, draw.parts // 2)))
    plot = Plot(
        "lists.count_values",
        articles(form.fill(NEEDLE_COUNTS.draw(rng, split), key=key)),
        str(total),
        tuple(Fact(form.statement(key, form.value())) for _ in range(total)),
        tuple(Fact(form.other((key,))) for _ in range(rng.randint(0, draw.parts))),
    )
    return compose(plot, draw, haystack(draw))


FAMILIES = {
    "lists.collect": (collect, 1.0),
    "lists.count": (count, 0.5),
    "lists.count_values": (count_values, 0.3),
}
"""Family name: its generator and its default weight."""
