"""Two and three hops: the answer hangs on something that another place of the text says, before or after.

The rule that these readings teach: what could be the answer is kept as long as the link to the question is
not known; once it is known, only what fits the link is kept.
"""

import random
from dataclasses import dataclass

from smoothread_agent.reading.wording import NOT_IN_TEXT
from tools.train.tasks.compose import Draw, Fact, Plot, compose
from tools.train.tasks.facts import Teller, articles, relations, surroundings
from tools.train.trajectory import Split, Trajectory
from tools.train.wording.hops import PHRASES
from tools.train.wording.relations import Relation


@dataclass(frozen=True)
class Chain:
    """Relations, each one's value the next one's subject."""

    relations: tuple[Relation, ...]
    entities: tuple[str, ...]
    """The first subject, then the value of each relation."""
    question: str

    @property
    def answer(self) -> str:
        """The value of the last relation."""
        return self.entities[-1]


def draw_chain(rng: random.Random, split: Split, teller: Teller, hops: int) -> Chain:
    """A chain of so many relations."""
    linking = [relation for relation in relations(split) if relation.name in PHRASES]
    chosen: list[Relation] = []
    while len(chosen) < hops:
        last = len(chosen) == hops - 1
        kind = chosen[-1].value if chosen else ""
        pool = [
            relation
            for relation in (relations(split) if last and chosen else linking)
            if kind in {"", relation.subject} and relation not in chosen
        ]
        chosen.append(rng.choice(pool))
    entities = [teller.subject(chosen[0])]
    phrase = entities[0]  # how the question speaks of the last entity so far
    for relation in chosen:
        entities.append(teller.value(relation))
        teller.reserve(relation, entities[-2], entities[-1])
        # Said of anyone else it would be worth keeping as long as the link is not known.
        teller.avoided.add(relation.name)
        if relation is not chosen[-1]:
            phrase = PHRASES[relation.name].draw(rng, split).format(s=phrase)
    # A possessive or a pronoun does not go with a long phrase.
    questions = [text for text in chosen[-1].questions.of(split) if "{s}'s" not in text and "{hi" not in text]
    question = rng.choice(questions or list(chosen[-1].questions.of(split)))
    return Chain(
        tuple(chosen),
        tuple(entities),
        articles(question.format(s=phrase, he="he", his="his", him="him")),
    )


def _evidence(chain: Chain, order: list[int], teller: Teller) -> list[Fact]:
    """The chain's facts in the order of the text."""
    return [
        Fact(teller.say(chain.relations[link], chain.entities[link], chain.entities[link + 1]))
        for link in order
    ]


def _task(family: str, draw: Draw, hops: int, order_name: str) -> Trajectory:
    rng = draw.rng
    teller = Teller(rng, draw.split)
    chain = draw_chain(rng, draw.split, teller, hops)
    order = list(range(hops))
    if order_name == "reverse":
        order.reverse()
    elif order_name == "any":
        rng.shuffle(order)
    evidence = _evidence(chain, order, teller)
    last = chain.relations[-1]
    distractors: list[Fact] = []
    final_at, link_at = order.index(hops - 1), order.index(hops - 2)
    for _ in range(rng.randint(0, 2)):
        # The same said of something else: not asked for once the link is known, and kept before.
        text = teller.other(last, teller.like(last, chain.entities[-2]))
        if link_at < final_at:
            distractors.append(Fact(text, after=link_at))
        elif rng.random() < 0.7:
            evidence.insert(rng.randint(0, link_at), Fact(text))
            link_at += 1
    for link in range(hops):
        relation = chain.relations[link]
        for _ in range(rng.randint(0, 1 + draw.parts // 4)):
            if link == 0 and rng.random() < 0.5:
                text = teller.other(relation, teller.like(relation, chain.entities[0]))
            else:  # another thing said of what the chain goes through
                text = teller.other(teller.relation(relation.subject, relation.name), chain.entities[link])
            distractors.append(Fact(text))
    plot = Plot(family, chain.question, chain.answer, tuple(evidence), tuple(distractors), stop=True)
    return compose(plot, draw, surroundings(draw, teller))


def two_forward(draw: Draw) -> Trajectory:
    """The link stands before what it leads to."""
    return _task("hops.two_forward", draw, 2, "forward")


def two_reverse(draw: Draw) -> Trajectory:
    """What could be the answer stands before the link that makes it the answer."""
    return _task("hops.two_reverse", draw, 2, "reverse")


def three(draw: Draw) -> Trajectory:
    """Three hops, in any order."""
    return _task("hops.three", draw, 3, draw.rng.choice(("forward", "forward", "reverse", "any")))


def absent(draw: Draw) -> Trajectory:
    """One of two links is missing: what was kept does not answer."""
    rng = draw.rng
    teller = Teller(rng, draw.split)
    chain = draw_chain(rng, draw.split, teller, 2)
    evidence = _evidence(chain, [rng.randrange(2)], teller)
    last = chain.relations[-1]
    distractors = [
        Fact(teller.other(teller.relation(last.subject, last.name), chain.entities[-2]))
        for _ in range(rng.randint(0, 3))
    ]
    plot = Plot("absent.hops", chain.question, NOT_IN_TEXT, tuple(evidence), tuple(distractors))
    return compose(plot, draw, surroundings(draw, teller))


FAMILIES = {
    "hops.two_forward": (two_forward, 1.2),
    "hops.two_reverse": (two_reverse, 1.2),
    "hops.three": (three, 0.5),
    "absent.hops": (absent, 0.3),
}
"""Family name: its generator and its default weight."""
