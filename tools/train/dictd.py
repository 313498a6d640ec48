"""Databases of dictd, the dictionary server, as Debian's dict-* packages install them: a text and its index."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FOLDER = Path("/usr/share/dictd")
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
"""Numbers in an index have 64 digits, these, the most significant first."""


class Place(NamedTuple):
    """Where a word's entry lies, in bytes of the text."""

    word: str
    start: int
    size: int


def text(name: str) -> bytes:
    """A database's whole text; empty if it is not installed."""
    data = FOLDER / f"{name}.dict.dz"
    return gzip.decompress(data.read_bytes()) if data.exists() else b""


def places(name: str) -> Iterator[Place]:
    """The places of a database's index, in its order; none if it is not installed."""
    index = FOLDER / f"{name}.index"
    if not index.exists():
        return
    for line in index.read_text(encoding="utf-8", errors="ignore").split("\n"):
        fields = line.split("\t")
        if len(fields) >= 3 and not fields[0].startswith("00"):  # 00 heads what tells of the database
            yield Place(fields[0], _number(fields[1]), _number(fields[2]))


def _number(digits: str) -> int:
    value = 0
    for digit in digits:
        value = value * 64 + DIGITS.index(digit)
    return value
