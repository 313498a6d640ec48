"""The digest chain: a key for every prefix of a source, under everything that gives a memory its meaning.

    key[0]     = H(fingerprint of the conditions)
    key[n + 1] = H(key[n], fingerprint of the conditions, H(bytes of chunk n))

So two readings share a key exactly where they have read the same chunks, in the same order, under the same conditions;
and the key of a stored checkpoint can be computed again from the chunk digests that are stored with it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from pydantic import Field, model_validator
from typing_extensions import Self

from smoothread_agent.schema import Arm, Order, Value

_VERSION = "smoothread chain 1"


class Conditions(Value):
    """Everything beside the text that decides what a hidden memory holds. Equal conditions read alike.

    Raises:
        ValueError: task first without a task, or source first with one.
    """

    model: str = Field(description="`RecurrentModel.fingerprint`: weights, adapter, tokenizer and window")
    dtype: str = Field(description="precision of the memory, as PyTorch writes it: `float32`, `bfloat16`")
    wording: str = Field(description="version of the words put into the stream")
    chunk: int = Field(ge=1, description="tokens a chunk at the most")
    chunker: str = Field(default="1", description="version of the rule by which a text is cut")
    order: Order = "task_first"
    arm: Arm = "smooth"
    task: str | None = Field(default=None, description="the task as read; none in the order `source_first`")
    rules: str = Field(
        default="",
        description="the other settings that decide what is written into the stream (kind of clue, thresholds, stop "
        "policy, limits), in one canonical text",
    )

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if (self.order == "task_first") != (self.task is not None):
            raise ValueError(
                f"memory in the order `{self.order}` {'needs a' if self.task is None else 'belongs to no'} task"
            )
        return self

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the conditions, in hexadecimal."""
        return digest(_canonical(self.model_dump(mode="json")))


@dataclass(frozen=True)
class Chain:
    """The keys of all prefixes of one source under one set of conditions.

    Attributes:
        conditions: what the memory's meaning depends on beside the text.
        digests: SHA-256 of each chunk's UTF-8 bytes, in hexadecimal, `[chunk]`.
        keys: `keys[n]` is the key of the first n chunks, `[chunk + 1]`; `keys[0]` is that of the pinned prefix alone.
    """

    conditions: Conditions
    digests: tuple[str, ...]
    keys: tuple[str, ...]

    @classmethod
    def of(cls, conditions: Conditions, chunks: Iterable[str]) -> "Chain":
        """The chain of a source that was cut into `chunks`."""
        return cls.of_digests(conditions, [digest(chunk.encode()) for chunk in chunks])

    @classmethod
    def of_digests(cls, conditions: Conditions, digests: Sequence[str]) -> "Chain":
        """The chain of chunks of which the digests alone are known."""
        fingerprint = conditions.fingerprint
        keys = [digest(_canonical([_VERSION, fingerprint]))]
        for each in digests:
            keys.append(digest(_canonical([_VERSION, keys[-1], fingerprint, each])))
        return cls(conditions, tuple(digests), tuple(keys))

    def __len__(self) -> int:
        """Number of chunks."""
        return len(self.digests)

    def shared(self, digests: Sequence[str]) -> int:
        """Number of chunks from the start that are the same as in `digests`."""
        same = zip(self.digests, digests, strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], same))


def request_key(conditions: Conditions, source_digest: str, request: Mapping[str, Any]) -> str:
    """The key of a result: of one request on one source under `conditions`.

    Args:
        conditions: how it is read.
        source_digest: SHA-256 of the whole source.
        request: all else that decides the result (the task, budgets, the answer's schema), as JSON values.
    """
    return digest(_canonical([_VERSION, "result", conditions.fingerprint, source_digest, dict(request)]))


def digest(data: bytes | bytearray | memoryview) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _canonical(content: Any) -> bytes:
    """One text for equal values: JSON keeps the parts of a list apart, whatever characters they hold."""
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
