"""The typed values of stored memory: a reading's state, the manifests that are written, the entries that are listed."""

from typing import Annotated, Literal

from pydantic import Field

from smoothread_agent.memory.chain import Conditions
from smoothread_agent.memory.codec import Codec
from smoothread_agent.schema import (
    ChunkSummary,
    Clue,
    Count,
    Promise,
    ReadingResult,
    SourceInfo,
    Usage,
    Value,
)

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Namespace = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$")]
Kind = Literal["checkpoint", "result"]


class ReadingState(Value):
    """What a reading knows beside its hidden memory: with both, it goes on as if it had never been interrupted.

    In the order `source_first` the memory belongs to no task, and only `chunks_read`, `tokens_read`, `cursor`,
    `pending` and `usage` are used.
    """

    chunks_read: Count = 0
    tokens_read: Count = Field(default=0, description="source tokens read")
    cursor: Count = Field(default=0, description="character of the source at which the next chunk begins")
    clues: tuple[Clue, ...] = Field(default=(), description="all clues found so far")
    in_stream: tuple[Clue, ...] = Field(default=(), description="those still restated in the stream")
    summary: ChunkSummary | None = Field(default=None, description="the last summary written")
    promising: tuple[Promise, ...] = Field(
        default=(), description="while there is no clue: the chunks likeliest to hold one"
    )
    pending: tuple[Count, ...] = Field(
        default=(), description="tokens that were said and not yet fed: the memory does not hold them"
    )
    pending_forced: Count = Field(
        default=0,
        description="of those, how many `usage` counts as forced (they are taken off it if never fed)",
    )
    usage: Usage = Usage()


class CheckpointManifest(Value):
    """What is written beside the blob of a checkpoint, and after it: a checkpoint exists when its manifest does."""

    namespace: Namespace
    key: Digest
    revision: int = Field(ge=1, description="how often this key was written")
    conditions: Conditions
    source: SourceInfo
    digests: tuple[Digest, ...] = Field(min_length=1, description="SHA-256 of each chunk read")
    state: ReadingState
    final: bool = Field(description="whether reading ended here; else it is an intermediate checkpoint")
    about: str = Field(
        default="", max_length=4000, description="text to find the source by, beside its clues"
    )
    created: float = Field(ge=0, description="seconds since 1970")
    codec: Codec
    blob: str = Field(pattern=r"^[0-9a-f]{64}\.[0-9a-f]{16}\.safetensors$")
    blob_digest: Digest
    blob_bytes: int = Field(ge=8)


class ResultManifest(Value):
    """A finished reading's result, under the key of its request."""

    namespace: Namespace
    key: Digest
    conditions: Conditions
    created: float = Field(ge=0, description="seconds since 1970")
    result: ReadingResult


class Entry(Value):
    """One stored thing, as it is listed."""

    kind: Kind
    key: Digest
    namespace: Namespace
    source: SourceInfo
    conditions: Conditions
    chunks_read: Count
    tokens_read: Count = Field(description="source tokens read")
    final: bool
    nbytes: Count = Field(description="bytes on the disk, manifest included")
    created: float
    used: float = Field(description="when it was last written or restored, in seconds since 1970")
    revision: int = 1
    codec: Codec | None = Field(default=None, description="none for a result")
    task: str | None = None


class Problem(Value):
    """A stored file that was found wanting, and what became of it."""

    key: str
    kind: Kind
    reason: str
    aside: bool = Field(description="whether it was moved to the folder `aside`; else it lies where it was")
