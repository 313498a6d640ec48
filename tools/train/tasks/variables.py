"""Variable tracking: chains of assignments; every variable of one value is collected to the end."""

import random
from itertools import pairwise

from smoothread_agent.reading.wording import NOT_IN_TEXT
from tools.train.tasks.compose import Draw, Fact, Plot, compose
from tools.train.tasks.filler import RealText, noise_filler
from tools.train.trajectory import Trajectory
from tools.train.wording import variables as say
from tools.train.wording.names import NOUNS, digits

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _variable(rng: random.Random, draw: Draw, kind: str, taken: set[str]) -> str:
    while True:
        if kind == "letters":
            name = "".join(rng.choice(_LETTERS) for _ in range(5))
        elif kind == "short":
            name = rng.choice(_LETTERS.lower()) + rng.choice("0123456789")
        else:
            name = f"{NOUNS.draw(rng, draw.split)}_{NOUNS.draw(rng, draw.split)}"
        if name not in taken:
            taken.add(name)
            return name


def chains(draw: Draw) -> Trajectory:
    """One chain is asked for; others have other values."""
    rng, split = draw.rng, draw.split
    notation = say.NOTATIONS.draw(rng, split)
    kind = rng.choice(("letters", "letters", "short", "words"))
    taken: set[str] = set()

    def chain(value: str, length: int) -> tuple[list[str], list[Fact]]:
        variables = [_variable(rng, draw, kind, taken) for _ in range(length)]
        facts = [Fact(_line(notation[0].format(x=variables[0], v=value)))]
        for before, after in pairwise(variables):
            # A value is usually handed on from the last variable, sometimes from an earlier one.
            source = before if rng.random() < 0.8 else rng.choice(variables[: variables.index(after)])
            facts.append(Fact(_line(notation[1].format(x=after, y=source))))
        return variables, facts

    values = [digits(rng, 2 if kind == "short" else 4, 5) for _ in range(4)]
    wanted = rng.random() > 0.08
    variables, evidence = chain(values[0], rng.randint(1, 5)) if wanted else ([], [])
    distractors: list[Fact] = []
    for value in rng.sample(values[1:], rng.randint(0 if wanted else 1, 3)):
        distractors += chain(value, rng.randint(1, 5))[1] if value != values[0] else []
    plot = Plot(
        "variables.chains",
        say.QUESTIONS.draw(rng, split).format(v=values[0]),
        ", ".join(variables) or NOT_IN_TEXT,
        tuple(evidence),
        tuple(distractors),
    )
    filler = noise_filler(rng, split) if rng.random() < 0.6 else RealText(rng, split)
    return compose(plot, draw, filler)


def _line(text: str) -> str:
    """Long enough to be quoted: the shortest notations are told with a word before them."""
    return text if len(text) >= 12 else f"Assign: {text}"


FAMILIES = {"variables.chains": (chains, 0.9)}
"""Family name: its generator and its default weight."""
