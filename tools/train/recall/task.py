"""The task: pairs of a key and a value, scattered in noise; then each key is asked for, and its value is to follow.

    noise k3 v7 noise noise k1 v2 ... noise | ASK k1 v2 ASK k3 v7

Token 0 is ASK; then come noise, keys and values, each from a range of its own.
"""

import random
from dataclasses import dataclass

ASK = 0


@dataclass(frozen=True)
class Vocabulary:
    """How many tokens there are of each kind."""

    noise: int = 32
    keys: int = 32
    values: int = 32

    @property
    def size(self) -> int:
        """All tokens, ASK among them."""
        return 1 + self.noise + self.keys + self.values

    def noise_token(self, rng: random.Random) -> int:
        """Any noise."""
        return 1 + rng.randrange(self.noise)

    def key(self, index: int) -> int:
        """The token of a key."""
        return 1 + self.noise + index

    def value(self, index: int) -> int:
        """The token of a value."""
        return 1 + self.noise + self.keys + index


@dataclass(frozen=True)
class Case:
    """One text.

    Attributes:
        text: noise with pairs in it.
        questions: key and value of each pair, in the order in which they are asked for.
    """

    text: list[int]
    questions: list[tuple[int, int]]

    @property
    def tokens(self) -> list[int]:
        """The text and, behind it, every question with its answer."""
        return self.text + [token for key, value in self.questions for token in (ASK, key, value)]

    @property
    def decisive(self) -> list[int]:
        """Indices into `tokens` after which a value is to follow."""
        return [len(self.text) + 3 * n + 1 for n in range(len(self.questions))]


def draw(rng: random.Random, vocabulary: Vocabulary, length: int, pairs: int) -> Case:
    """A case whose text is `length` tokens long and holds that many pairs, their keys all different."""
    keys = [vocabulary.key(index) for index in rng.sample(range(vocabulary.keys), pairs)]
    chosen = [(key, vocabulary.value(rng.randrange(vocabulary.values))) for key in keys]
    places = dict(zip(rng.sample(range(length - pairs), pairs), chosen, strict=True))
    text: list[int] = []
    for place in range(length - pairs):  # at each place a token of noise, or the two of a pair
        text += places.get(place) or (vocabulary.noise_token(rng),)
    questions = chosen.copy()
    rng.shuffle(questions)
    return Case(text, questions)
