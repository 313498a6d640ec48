"""Facts in natural sentences, asked for in other words: persons, places, dates, amounts, causes."""

import random
import re
from functools import cache

from smoothread_agent.reading.wording import NOT_IN_TEXT
from tools.train.tasks.compose import Draw, Fact, Plot, compose
from tools.train.tasks.filler import Filler, Mixed, RealText, Sentences, noise_filler
from tools.train.trajectory import Split, Trajectory, TrajectoryError
from tools.train.wording.facts import LEAD_INS, PEOPLE, PLACES
from tools.train.wording.facts_things import FIRMS, THINGS
from tools.train.wording.relations import MAKERS, Relation, parse


def pronouns(name: str) -> tuple[str, str, str]:
    """He or she: the same for everyone with this first name."""
    first = name.partition(" ")[0]
    return (("he", "his", "him"), ("she", "her", "her"))[sum(first.encode()) % 2]


@cache
def relations(split: Split) -> tuple[Relation, ...]:
    """The relations of a split: for `held_out` those held out as a whole, too."""
    found = tuple(relation for notation in (PEOPLE, PLACES, FIRMS, THINGS) for relation in parse(notation))
    return tuple(relation for relation in found if split == "held_out" or not relation.held_out)


class Teller:
    """Makes up facts and says them; no subject is told the same relation twice."""

    def __init__(self, rng: random.Random, split: Split) -> None:
        self.rng, self.split = rng, split
        self.told: set[tuple[str, str]] = set()
        self.values: set[str] = set()
        """Values that must not turn up again."""
        self.avoided: set[str] = set()
        """Names of relations that are told on purpose only."""
        self.lead = rng.choice((0.0, 0.15, 0.35))

    def relation(self, subject_kind: str = "", other_than: str = "") -> Relation:
        """Any relation, or one that a kind of subject has."""
        fitting = [
            relation
            for relation in relations(self.split)
            if subject_kind in {"", relation.subject}
            and relation.name != other_than
            and relation.name not in self.avoided
        ]
        return self.rng.choice(fitting)

    def subject(self, relation: Relation) -> str:
        """A new subject for a relation."""
        return MAKERS[relation.subject](self.rng, self.split)

    def value(self, relation: Relation) -> str:
        """A value that is none of those reserved."""
        for _ in range(100):
            value = MAKERS[relation.value](self.rng, self.split)
            if value not in self.values:
                return value
        raise TrajectoryError(f"the values of {relation.name} are used up")

    def reserve(self, relation: Relation, subject: str, value: str) -> None:
        """Nothing else will be told of this subject and relation, and the value stays unique."""
        self.told.add((subject, relation.name))
        self.values.add(value)

    def say(self, relation: Relation, subject: str, value: str, *, lead: bool = True) -> str:
        """A sentence that states the fact."""
        template = relation.statements.draw(self.rng, self.split)
        return self.sentence(template, subject, value, lead=lead)

    def sentence(self, template: str, subject: str, value: str, *, lead: bool = True) -> str:
        """A template in words, sometimes after a lead-in."""
        he, his, him = pronouns(subject)
        before = ""
        if lead and self.rng.random() < self.lead:
            before = LEAD_INS.draw(self.rng, self.split)
            if not template.startswith("{"):
                template = template[0].lower() + template[1:]
        text = before + template.format(s=subject, v=value, he=he, his=his, him=him)
        return articles(text[0].upper() + text[1:])

    def ask(self, relation: Relation, subject: str) -> str:
        """A question for the value."""
        he, his, him = pronouns(subject)
        template = relation.questions.draw(self.rng, self.split)
        return articles(template.format(s=subject, he=he, his=his, him=him))

    def other(self, relation: Relation | None = None, subject: str = "") -> str:
        """A fact that nobody asks for."""
        for _ in range(50):
            chosen = relation or self.relation()
            name = subject or self.subject(chosen)
            if (name, chosen.name) not in self.told:
                self.told.add((name, chosen.name))
                return self.say(chosen, name, self.value(chosen))
            if subject:  # this subject has been told of; another relation of the same kind
                relation = self.relation(chosen.subject)
        return self.say(chosen, self.subject(chosen), self.value(chosen))

    def like(self, relation: Relation, subject: str) -> str:
        """A subject whose name is easily taken for another's."""
        new = self.subject(relation)
        if relation.subject == "person":
            first, _, last = subject.partition(" ")
            new_first, _, new_last = new.partition(" ")
            return self.rng.choice((f"{first} {new_last}", f"{new_first} {last}"))
        return new

    def distractors(self, relation: Relation, subject: str, count: int) -> tuple[Fact, ...]:
        """The same said of others, and other things said of the same."""
        facts = []
        for _ in range(count):
            chance = self.rng.random()
            if chance < 0.45:
                facts.append(self.other(relation, self.like(relation, subject)))
            elif chance < 0.85:
                facts.append(self.other(self.relation(relation.subject, relation.name), subject))
            else:
                facts.append(self.other())
        return tuple(Fact(text) for text in facts)


def articles(text: str) -> str:
    """`a` before a vowel becomes `an`."""
    return re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", text)


def surroundings(draw: Draw, teller: Teller) -> Filler:
    """What facts stand in: real text mostly, other facts, noise, or a mixture."""
    chance = draw.rng.random()
    if chance < 0.5:
        return RealText(draw.rng, draw.split)
    if chance < 0.75:
        return Sentences(draw.rng, teller.other)
    if chance < 0.85:
        return noise_filler(draw.rng, draw.split)
    return Mixed(draw.rng, RealText(draw.rng, draw.split), Sentences(draw.rng, teller.other, "running"))


def single(draw: Draw) -> Trajectory:
    """One fact in a sentence, one question for it."""
    rng, teller = draw.rng, Teller(draw.rng, draw.split)
    relation = teller.relation()
    subject, value = teller.subject(relation), teller.value(relation)
    teller.reserve(relation, subject, value)
    plot = Plot(
        "facts.single",
        teller.ask(relation, subject),
        value,
        (Fact(teller.say(relation, subject, value)),),
        teller.distractors(relation, subject, rng.randint(0, 1 + draw.parts)),
        stop=True,
    )
    return compose(plot, draw, surroundings(draw, teller))


def inverse(draw: Draw) -> Trajectory:
    """The value is given and the subject asked for."""
    rng, teller = draw.rng, Teller(draw.rng, draw.split)
    choices = [relation for relation in relations(draw.split) if relation.inverse.of("train")]
    relation = rng.choice(choices)
    subject, value = teller.subject(relation), teller.value(relation)
    teller.reserve(relation, subject, value)
    # Held-out inverse questions are those of training: their statements and names are not.
    question = articles(rng.choice(relation.inverse.of("train")).format(v=value))
    plot = Plot(
        "facts.inverse",
        question,
        subject,
        (Fact(teller.say(relation, subject, value)),),
        teller.distractors(relation, subject, rng.randint(0, 1 + draw.parts)),
        stop=True,
    )
    return compose(plot, draw, surroundings(draw, teller))


def double(draw: Draw) -> Trajectory:
    """Two questions at once, about one subject or two."""
    rng, teller = draw.rng, Teller(draw.rng, draw.split)
    first = teller.relation()
    subject = teller.subject(first)
    if rng.random() < 0.5:
        second, other = teller.relation(first.subject, first.name), subject
    else:
        second = teller.relation()
        other = teller.subject(second)
    values = []
    evidence = []
    for relation, name in ((first, subject), (second, other)):
        value = teller.value(relation)
        teller.reserve(relation, name, value)
        values.append(value)
    for relation, name, value in ((first, subject, values[0]), (second, other, values[1])):
        evidence.append(Fact(teller.say(relation, name, value)))
    plot = Plot(
        "facts.double",
        f"{teller.ask(first, subject)} {teller.ask(second, other)}",
        ", ".join(values),
        tuple(evidence),
        teller.distractors(first, subject, rng.randint(0, draw.parts)),
        stop=True,
        ordered=False,
    )
    return compose(plot, draw, surroundings(draw, teller))


def profile(draw: Draw) -> Trajectory:
    """The fact stands in a paragraph that says several things of its subject, as others' paragraphs do."""
    rng, teller = draw.rng, Teller(draw.rng, draw.split)
    relation = teller.relation()
    subject, value = teller.subject(relation), teller.value(relation)
    teller.reserve(relation, subject, value)
    quote = teller.say(relation, subject, value, lead=False)

    def paragraph(name: str, kind: str, sentence: str = "") -> str:
        sentences = []
        for _ in range(rng.randint(2, 4)):
            template_of = teller.relation(kind, relation.name if sentence else "")
            if (name, template_of.name) not in teller.told:
                teller.told.add((name, template_of.name))
                sentences.append(teller.say(template_of, name, teller.value(template_of), lead=False))
        if sentence:
            sentences.insert(rng.randint(0, len(sentences)), sentence)
        return " ".join(sentences) or teller.other()

    def filler() -> str:
        same = rng.random() < 0.6
        kind = relation.subject if same else teller.relation().subject
        return paragraph(MAKERS[kind](rng, draw.split), kind)

    plot = Plot(
        "facts.profile",
        teller.ask(relation, subject),
        value,
        (Fact(paragraph(subject, relation.subject, quote), quote),),
        (),
        stop=True,
    )
    return compose(plot, draw, Sentences(rng, filler, rng.choice(("lines", "paragraphs", "wrapped"))))


def absent(draw: Draw) -> Trajectory:
    """The text tells much of the subject, or the same of others, and not what is asked."""
    rng, teller = draw.rng, Teller(draw.rng, draw.split)
    relation = teller.relation()
    subject = teller.subject(relation)
    teller.reserve(relation, subject, "")
    distractors = teller.distractors(relation, subject, rng.randint(0, 1 + draw.parts))
    plot = Plot("absent.fact", teller.ask(relation, subject), NOT_IN_TEXT, (), distractors)
    return compose(plot, draw, surroundings(draw, teller))


FAMILIES = {
    "facts.single": (single, 2.5),
    "facts.inverse": (inverse, 0.7),
    "facts.double": (double, 0.6),
    "facts.profile": (profile, 1.2),
    "absent.fact": (absent, 0.9),
}
"""Family name: its generator and its default weight."""
