"""Tables whose entries belong to training or are held out, never both."""

import hashlib
import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from tools.train.trajectory import Split

Entry = TypeVar("Entry")
HELD_OUT_SHARE = 6
"""One name or word in this many is held out."""


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
    """Whether a generated name is of this split: by its hash, the same everywhere."""
    held_out = hashlib.sha256(word.lower().encode()).digest()[0] % HELD_OUT_SHARE == 0
    return held_out == (split == "held_out")


def words(listed: str | Iterable[str]) -> Table[str]:
    """A table out of plain words: those with the lowest hashes are held out, three at the least."""
    entries = dict.fromkeys(listed.split() if isinstance(listed, str) else listed)
    ranked = sorted(entries, key=lambda entry: hashlib.sha256(entry.encode()).digest())
    held_out = set(ranked[: max(3, len(ranked) // HELD_OUT_SHARE)])
    return Table(
        tuple(entry for entry in entries if entry not in held_out),
        tuple(entry for entry in entries if entry in held_out),
    )
