"""From a plot (a question and the facts that bear on it) to a trajectory: facts planted in a text."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import exp, log

from tools.train.tasks.filler import Filler, boundaries
from tools.train.trajectory import Find, Part, Split, Trajectory, TrajectoryError

TEMPTED = 0.12
"""Share of the parts with distractors in which the reader quotes one and drops it."""


@dataclass(frozen=True)
class Fact:
    """A sentence to plant."""

    text: str
    quote: str = ""
    """What the reader quotes of it; empty: all of it."""
    after: int = -1
    """For a distractor: it stands behind this piece of evidence (from 0), before which it would be kept."""

    @property
    def quoted(self) -> str:
        """The words that the reader quotes."""
        return self.quote or self.text


@dataclass(frozen=True)
class Plot:
    """A question, what answers it, and what looks as if it did."""

    family: str
    task: str
    answer: str
    evidence: tuple[Fact, ...] = ()
    """In the order of the text, when `ordered`."""
    distractors: tuple[Fact, ...] = ()
    stop: bool = False
    """Whether the evidence is complete with the last of it."""
    ordered: bool = True


@dataclass
class Draw:
    """What a family draws from: chance, the split, and the size of this trajectory's parts."""

    rng: random.Random
    split: Split
    characters: int
    """Most characters of a part, evidence included."""
    parts: int
    """How many parts are wanted."""
    spans: tuple[int, int] = field(default=(2, 12))
    """Least and most parts that the caller allows."""

    @staticmethod
    def of(
        rng: random.Random, split: Split, part_characters: tuple[int, int], parts: tuple[int, int]
    ) -> "Draw":
        """Sizes drawn evenly in the logarithm (characters) and evenly (parts)."""
        low, high = part_characters
        characters = round(exp(rng.uniform(log(low), log(high))))
        return Draw(rng, split, characters, rng.randint(*parts), parts)

    def part_size(self) -> int:
        """Characters of one part: most of the maximum, seldom less."""
        return round(
            self.characters
            * (self.rng.uniform(0.72, 1.0) if self.rng.random() < 0.85 else self.rng.uniform(0.4, 1))
        )


def compose(plot: Plot, draw: Draw, filler: Filler) -> Trajectory:
    """Plants the plot's facts in as many parts as were drawn, most of them free of evidence.

    Raises:
        TrajectoryError: the facts cannot be found again in the text.
    """
    rng = draw.rng
    evidence = list(plot.evidence)
    if not plot.ordered:
        rng.shuffle(evidence)
    count = _part_count(plot, draw)
    planted: list[list[tuple[Fact, bool]]] = [[] for _ in range(count)]
    places = _places(len(evidence), count, plot.stop, draw)
    for index, fact in zip(places, evidence, strict=True):
        planted[index].append((fact, True))
    for fact in plot.distractors:
        first = places[fact.after] if fact.after >= 0 else 0
        index = rng.randrange(first, max(count, draw.parts))
        if index >= count:
            continue  # it stands in the text that an early stop leaves unread
        facts = planted[index]
        least = facts.index((evidence[fact.after], True)) + 1 if fact.after >= 0 and index == first else 0
        facts.insert(rng.randint(least, len(facts)), (fact, False))
    parts = [_part(facts, draw, filler) for facts in planted]
    if plot.stop:
        parts[-1] = replace(parts[-1], stop=True)
    return Trajectory(plot.task, tuple(parts), plot.answer, "quote", plot.family)


def _part_count(plot: Plot, draw: Draw) -> int:
    count = draw.parts
    if plot.stop and len(plot.evidence) == 1 and draw.rng.random() < 0.07:
        return 1  # the very first part may answer
    # A part should not be crowded with evidence: room for three facts in each of a third of the parts.
    return min(max(count, -(-len(plot.evidence) // 2)), max(draw.spans[1], 1))


def _places(facts: int, parts: int, stop: bool, draw: Draw) -> list[int]:
    """The part of each fact, in order; a third of the parts at the most where there are few, the last when `stop`."""
    if not facts:
        return []
    rng = draw.rng
    # What is collected piece by piece may stand in most of them: two clues are not always all.
    share = 1 / 3 if facts < 3 else rng.uniform(1 / 3, 0.8)
    most = max(1, round(parts * share + rng.random() * 0.6))
    chosen = sorted(rng.sample(range(parts), min(facts, most, parts)))
    if stop:
        chosen[-1] = parts - 1
    places = [*chosen, *(rng.choice(chosen) for _ in range(facts - len(chosen)))]
    return sorted(places)


def _part(facts: Sequence[tuple[Fact, bool]], draw: Draw, filler: Filler) -> Part:
    rng = draw.rng
    room = draw.part_size() - sum(len(fact.text) + 1 for fact, _ in facts)
    text = filler.take(max(room, 60 if facts else 100))
    text = plant(text, [fact.text for fact, _ in facts], rng)
    tempted = -1
    if rng.random() < TEMPTED:
        tempting = [at for at, (fact, kept) in enumerate(facts) if not kept]
        tempted = rng.choice(tempting) if tempting else -1
    finds, at = [], 0
    for number, (fact, kept) in enumerate(facts):
        if not kept and number != tempted:
            continue
        start, end = locate(text, fact.quoted, at)
        finds.append(Find(text[start:end], kept))
        at = start + 1
    return Part(text, tuple(finds))


def plant(text: str, facts: Sequence[str], rng: random.Random) -> str:
    """The text with the facts put in between its sentences, in order; often at its very start or end."""
    if not facts:
        return text
    gaps = boundaries(text)
    chosen = sorted(_gap(len(gaps), rng) for _ in facts)
    out, at = [], 0
    for gap, fact in zip(chosen, facts, strict=True):
        start, end = gaps[gap]
        space = text[start:end] if "\n" in text[start:end] else rng.choice((" ", " ", " ", "\n", "\n\n"))
        if start > at:
            out.append(text[at:start])
        out.extend((space if "".join(out[-1:]).strip() else "", fact, space))
        at = end
    out.append(text[at:])
    return "".join(out).strip()


def _gap(count: int, rng: random.Random) -> int:
    """A gap's number: the first, the last, or any."""
    chance = rng.random()
    return 0 if chance < 0.15 else count - 1 if chance < 0.3 else rng.randrange(count)


def locate(text: str, quote: str, start: int = 0) -> tuple[int, int]:
    """Where a quote stands from `start` on, whatever the white space between its words.

    Raises:
        TrajectoryError: it does not stand there.
    """
    pattern = r"(?<!\w)" * quote[0].isalnum() + r"\s+".join(map(re.escape, quote.split()))
    match = re.compile(pattern + r"(?!\w)" * quote[-1].isalnum()).search(text, start)
    if match is None:
        raise TrajectoryError(f"planted and not found: {quote!r}")
    return match.span()
