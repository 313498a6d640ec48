"""Needles: a value looked up by its key, among values of other keys."""

import random
from collections.abc import Callable
from functools import partial

from smoothread_agent.reading.wording import NOT_IN_TEXT
from tools.train.tasks.compose import Draw, Fact, Plot, compose
from tools.train.tasks.filler import Filler, Mixed, RealText, Sentences, noise_filler
from tools.train.trajectory import Split, Trajectory, TrajectoryError
from tools.train.wording import names
from tools.train.wording.needles import KEYS_JOINED, THINGS, TYPED_THINGS, WORDINGS, NeedleWording


class NeedleForm:
    """One way to say that a key has a value, fixed for a trajectory, so that all its needles look alike."""

    def __init__(self, rng: random.Random, split: Split) -> None:
        self.rng, self.split = rng, split
        self.thing, self.things = THINGS.draw(rng, split)
        wording: NeedleWording = WORDINGS.draw(rng, split)
        if "{kind}" in wording.statements[0]:
            kind = rng.choice(("number", "number", "word", "uuid"))
            self.thing, self.things = f"special magic {kind}", f"special magic {kind}s"
        self.wording = wording
        self.statements = rng.sample(wording.statements, rng.randint(1, len(wording.statements)))
        self.value_kind = TYPED_THINGS.get(self.thing) or rng.choice(
            ("digits", "digits", "word", "code", "uuid", "hex")
        )
        self.key_kind = rng.choice(("pair", "pair", "pair", "noun", "number", "uuid", "name", "file"))
        self.seen: set[str] = set()

    def value(self) -> str:
        """A value not used before."""
        rng = self.rng
        makers: dict[str, Callable[[], str]] = {
            "digits": lambda: names.digits(rng, 4, 8),
            "word": lambda: names.key(rng, self.split),
            "code": lambda: names.code(rng),
            "uuid": lambda: names.identifier(rng),
            "hex": lambda: f"{rng.getrandbits(32):08x}",
        }
        return self._fresh(makers[self.value_kind])

    def key(self) -> str:
        """A key not used before."""
        rng, split = self.rng, self.split
        makers: dict[str, Callable[[], str]] = {
            "pair": lambda: names.key(rng, split),
            "noun": lambda: names.NOUNS.draw(rng, split),
            "number": lambda: names.digits(rng, 5, 7),
            "uuid": lambda: names.identifier(rng),
            "name": lambda: names.person(rng, split),
            "file": lambda: names.key(rng, split).replace("-", "_") + rng.choice((".txt", ".log", ".cfg")),
        }
        return self._fresh(makers[self.key_kind])

    def near(self, key: str) -> str:
        """A key that is easily taken for another one."""
        if self.key_kind not in {"pair", "number"}:
            return self.key()
        try:
            return self._fresh(partial(names.near_key, self.rng, self.split, key))
        except TrajectoryError:
            return self.key()  # every neighbour of the key is taken

    def _fresh(self, make: Callable[[], str]) -> str:
        for _ in range(100):
            made = make()
            if made not in self.seen:
                self.seen.add(made)
                return made
        raise TrajectoryError("the names of this form are used up")

    def fill(self, template: str, **words: str) -> str:
        """A template in words, its first letter a capital where it is a sentence."""
        kind = self.thing.rpartition(" ")[2]
        text = template.format(thing=self.thing, things=self.things, kind=kind, **words)
        return text[0].upper() + text[1:] if template.startswith("{thing}") else text

    def statement(self, key: str, value: str) -> str:
        """The sentence that says so."""
        return self.fill(self.rng.choice(self.statements), key=key, value=value)

    def other(self, near: tuple[str, ...] = ()) -> str:
        """A needle of another key."""
        key = self.near(self.rng.choice(near)) if near and self.rng.random() < 0.5 else self.key()
        return self.statement(key, self.value())


def haystack(draw: Draw) -> Filler:
    """What needles are hidden in: real text more often than not, noise, or both."""
    chance = draw.rng.random()
    if chance < 0.62:
        return RealText(draw.rng, draw.split)
    if chance < 0.9:
        return noise_filler(draw.rng, draw.split)
    return Mixed(draw.rng, RealText(draw.rng, draw.split), noise_filler(draw.rng, draw.split))


def single(draw: Draw) -> Trajectory:
    """One key, one value; at most a stray needle of another key."""
    form = NeedleForm(draw.rng, draw.split)
    return _lookup("needle.single", draw, form, haystack(draw), draw.rng.choice((0, 0, 1)))


def multikey(draw: Draw) -> Trajectory:
    """One key among several of the same form."""
    form = NeedleForm(draw.rng, draw.split)
    return _lookup(
        "needle.multikey", draw, form, haystack(draw), draw.rng.randint(draw.parts // 2, 2 * draw.parts)
    )


def dense(draw: Draw) -> Trajectory:
    """One key in a text that is made of such needles only."""
    form = NeedleForm(draw.rng, draw.split)
    key = form.key()
    style = draw.rng.choice(("running", "lines", "lines", "wrapped"))
    filler = Sentences(draw.rng, lambda: form.other((key,)), style)
    return _lookup("needle.dense", draw, form, filler, 1, key)


def _lookup(
    family: str, draw: Draw, form: NeedleForm, filler: Filler, others: int, key: str = ""
) -> Trajectory:
    key, value = key or form.key(), form.value()
    plot = Plot(
        family,
        form.fill(draw.rng.choice(form.wording.one), key=key),
        value,
        (Fact(form.statement(key, value)),),
        tuple(Fact(form.other((key,))) for _ in range(others)),
        stop=True,
    )
    return compose(plot, draw, filler)


def multivalue(draw: Draw) -> Trajectory:
    """One key, several values, collected to the end of the text."""
    rng = draw.rng
    form = NeedleForm(rng, draw.split)
    key = form.key()
    values = [form.value() for _ in range(rng.randint(1, 6))]
    plot = Plot(
        "needle.multivalue",
        form.fill(rng.choice(form.wording.all), key=key),
        ", ".join(values),
        tuple(Fact(form.statement(key, value)) for value in values),
        tuple(Fact(form.other((key,))) for _ in range(rng.randint(0, draw.parts))),
    )
    return compose(plot, draw, haystack(draw))


def multiquery(draw: Draw) -> Trajectory:
    """Several keys in one question, one value each; reading stops when all are known."""
    rng = draw.rng
    form = NeedleForm(rng, draw.split)
    keys = [form.key() for _ in range(rng.randint(2, 4))]
    values = {key: form.value() for key in keys}
    found = rng.sample(keys, len(keys))
    joined = ", ".join(keys[:-1]) + rng.choice(KEYS_JOINED) + keys[-1]
    plot = Plot(
        "needle.multiquery",
        form.fill(rng.choice(form.wording.several), keys=joined),
        ", ".join(values[key] for key in keys),
        tuple(Fact(form.statement(key, values[key])) for key in found),
        tuple(Fact(form.other(tuple(keys))) for _ in range(rng.randint(0, draw.parts))),
        stop=True,
    )
    return compose(plot, draw, haystack(draw))


def absent(draw: Draw) -> Trajectory:
    """The key asked for has no value in the text; keys that look like it have."""
    form = NeedleForm(draw.rng, draw.split)
    key = form.key()
    task = form.fill(draw.rng.choice(form.wording.one), key=key)
    others = tuple(Fact(form.other((key,))) for _ in range(draw.rng.randint(0, draw.parts)))
    return compose(Plot("absent.needle", task, NOT_IN_TEXT, (), others), draw, haystack(draw))


FAMILIES = {
    "needle.single": (single, 1.0),
    "needle.multikey": (multikey, 1.5),
    "needle.dense": (dense, 0.7),
    "needle.multivalue": (multivalue, 1.0),
    "needle.multiquery": (multiquery, 1.0),
    "absent.needle": (absent, 0.7),
}
"""Family name: its generator and its default weight."""
