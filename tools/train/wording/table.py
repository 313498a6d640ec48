"""Tables whose entries belong to training or are held out, never both."""

import hashlib
import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from tools.train.trajectory import Split

Entry = TypeVar("Entry")
HELD_OUT_SHARE = 6
"""One generated name or listed word in this many is held out."""


@dataclass(frozen=True)
class Table(Generic[Entry]):
    """Wordings listed by hand for each split."""

    train: tuple[Entry, ...]
    held_out: tuple[Entry, ...]

    def of(self, split: Split) -> tuple[Entry, ...]:
        """The entries of a split."""
        return self.train if split == "train" else self.held_out

    def draw(self, rng: random.Random, split: Split) -> Entry:
        """An entry of a split at random."""
        return rng.choice(self.of(split))


def belongs(word: str, split: Split) -> bool:
    """Whether a word, listed or generated, is of this split: by its hash, the same everywhere."""
    held_out = hashlib.sha256(word.lower().encode()).digest()[0] % HELD_OUT_SHARE == 0
    return held_out == (split == "held_out")


def words(listed: str | Iterable[str]) -> Table[str]:
    """A table out of plain words, split by their hashes."""
    entries = listed.split() if isinstance(listed, str) else tuple(listed)
    entries = tuple(dict.fromkeys(entries))
    return Table(
        tuple(entry for entry in entries if belongs(entry, "train")),
        tuple(entry for entry in entries if belongs(entry, "held_out")),
    )
