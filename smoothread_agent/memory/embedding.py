"""The default embedding: hashed words and pieces of words. It needs no download, no torch, and no training.

It is lexical: a query finds texts that share its words, names, numbers, or stems ("port" finds "ports"), in any
language that sets words apart and, by pieces of characters, in those that do not. It knows no synonyms. For those, give
a LangChain `Embeddings` of your own: anything with `embed_documents` and `embed_query` will do.
"""

import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"\w+")
_PIECE = 3
_PIECE_WEIGHT = 0.35
"""Pieces make up for endings; the words themselves decide."""


class Embeddings(Protocol):
    """What LangChain calls `Embeddings`: the two methods of it that are used."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """A vector for each text, `[text, dim]`."""

    def embed_query(self, text: str) -> list[float]:
        """The vector of a query, `[dim]`."""


class HashedEmbeddings:
    """Feature hashing: every word and every three characters of it add to one of `dimensions` numbers, with a sign.

    The same text has the same vector in every process and release of one version. Vectors have length 1.
    """

    name = "hashed-1"

    def __init__(self, dimensions: int = 512) -> None:
        self.dimensions = dimensions

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """See `Embeddings`."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """See `Embeddings`."""
        vector = np.zeros(self.dimensions)
        for feature, count in _features(text).items():
            code = zlib.crc32(feature.encode("utf-8", "replace"))
            weight = (1.0 if feature[0] == "w" else _PIECE_WEIGHT) * (1.0 + np.log(count))
            vector[(code >> 1) % self.dimensions] += weight if code & 1 else -weight
        length = float(np.linalg.norm(vector))
        return [float(each) for each in (vector / length if length else vector)]


def _features(text: str) -> Counter[str]:
    """Words (`w...`) and pieces of words (`p...`), with how often each occurs."""
    found: Counter[str] = Counter()
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold()):
        found[f"w{word}"] += 1
        if not word.isdigit():
            edged = f"<{word}>"
            found.update(f"p{edged[at : at + _PIECE]}" for at in range(len(edged) - _PIECE + 1))
    return found


def identity(embeddings: Embeddings) -> str:
    """What tells one embedding's vectors from another's, as far as it says so itself."""
    said = [getattr(embeddings, each, None) for each in ("name", "model", "model_name", "dimensions")]
    return ":".join(
        [type(embeddings).__qualname__, *(str(each) for each in said if isinstance(each, str | int))]
    )


def similarities(embeddings: Embeddings, query: str, texts: Sequence[str]) -> NDArray[np.float64]:
    """Cosine similarity of each text to `query`, `[text]`: the order of promise in which chunks may be visited."""
    if not texts:
        return np.zeros(0)
    vectors = np.asarray(embeddings.embed_documents(list(texts)), dtype=np.float64)
    target = np.asarray(embeddings.embed_query(query), dtype=np.float64)
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(target)
    similar: NDArray[np.float64] = vectors @ target / np.where(lengths > 0, lengths, 1.0)
    return similar
