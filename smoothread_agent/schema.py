"""The typed values that users see. Nothing here knows torch, LangChain or a model."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Arm = Literal["smooth", "reset", "whole"]
"""How state moves between chunks: kept (the paper's EMR), dropped (NMR), or one round without summaries (OR)."""

Order = Literal["task_first", "source_first"]
"""What the stream begins with: the task (the paper's order; reads best), or the source alone, whose memory then serves
every task."""

Visit = Literal["in_order", "promise"]
"""In which order the chunks of a source are taken: as they stand, or those first that share most with the task."""

Action = Literal["READ", "STOP"]
ClueKind = Literal["quote", "note"]
StopReason = Literal["answered", "end_of_source", "budget", "cancelled"]
Probability = Annotated[float, Field(ge=0.0, le=1.0)]
Count = Annotated[int, Field(ge=0)]


class Value(BaseModel):
    """An immutable value that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Clue(Value):
    """A piece of evidence: a verbatim quote of the source, or (when summarising) a note on a chunk."""

    kind: ClueKind = "quote"
    text: str = Field(min_length=1, description="the quote, verbatim, or the note")
    start: Count = Field(
        description="first character in the source's text (of the quote, or of the noted chunk)"
    )
    end: Count = Field(description="one past the last character in the source's text")
    page: int | None = Field(
        default=None, description="page number as printed by the source's format, from 1"
    )
    chunk: Count = Field(description="index of the chunk in which it was found, from 0")
    confidence: Probability = Field(
        description="the model's probability that this is a clue, from its logits"
    )


class ChunkSummary(Value):
    """The contextual summary written after one chunk: target, clues, reason, action."""

    chunk: Count = Field(description="index of the chunk, from 0")
    start: Count = Field(description="first character of the chunk in the source's text")
    end: Count = Field(description="one past its last character")
    target: str = Field(description="the task, restated against drift")
    clues: tuple[Clue, ...] = Field(description="every clue held in the stream after this chunk")
    new_clues: tuple[Clue, ...] = Field(default=(), description="those that this chunk added")
    reason: str = Field(description="why the clues changed, or did not")
    action: Action
    clue_confidence: Probability | None = Field(
        default=None,
        description="the model's probability that this chunk holds a clue; none where it was not asked",
    )
    stop_confidence: Probability | None = Field(
        default=None,
        description="the model's probability of STOP here times that of the surest clue; none where the stop policy "
        "ruled STOP out",
    )


class StopSignal(Value):
    """Why reading ended."""

    reason: StopReason
    confidence: Probability | None = Field(
        default=None, description="probability of STOP when the model stopped itself"
    )
    detail: str = ""


class Coverage(Value):
    """How much of the source was read. A reader that stopped early says so here."""

    chunks_read: Count
    chunks_total: Count
    tokens_read: Count = Field(description="source tokens read")
    tokens_total: Count = Field(description="source tokens in all")
    truncated: bool = Field(description="true when the end of the source was not reached")

    @property
    def share(self) -> float:
        """Share of the source's tokens that was read, 0 to 1."""
        return self.tokens_read / self.tokens_total if self.tokens_total else 1.0


class Usage(Value):
    """What the reading cost."""

    rounds: Count = 0
    tokens_read: Count = Field(default=0, description="source tokens fed to the model")
    tokens_forced: Count = Field(
        default=0,
        description="template and restated tokens, and chunks looked at again: prefilled and never decoded",
    )
    tokens_decoded: Count = Field(default=0, description="tokens chosen by the model one at a time")
    tokens_answer: Count = Field(default=0, description="those of them that went into the answer")
    tokens_weighed: Count = Field(
        default=0, description="tokens of quotes that were judged side by side, in forks of the memory"
    )
    seconds: float = Field(default=0.0, ge=0.0)

    @property
    def decoded_per_round(self) -> float:
        """Mean number of tokens decoded a round, the answer left out: the cost to drive down."""
        return (self.tokens_decoded - self.tokens_answer) / self.rounds if self.rounds else 0.0


class SourceInfo(Value):
    """Which source was read."""

    name: str
    digest: str = Field(description="SHA-256 of the source's text, in hexadecimal")
    characters: Count
    media_type: str = "text/plain"


class Reuse(Value):
    """Where the source tokens of a result came from, and what was reused."""

    tokens_from_result: Count = Field(default=0, description="in a stored result, returned as it was")
    tokens_from_checkpoint: Count = Field(default=0, description="in hidden memory that was restored")
    tokens_read_now: Count = Field(default=0, description="fed to the model in this call")
    result: str | None = Field(default=None, description="key of the stored result")
    checkpoint: str | None = Field(
        default=None, description="key of the checkpoint that was gone on from; of several, the last"
    )


class Promise(Value):
    """A chunk that may hold a clue, and was passed over."""

    chunk: Count = Field(description="index of the chunk, from 0")
    confidence: Probability = Field(description="the model's probability that it holds a clue")


class ReadingStep(Value):
    """A cumulative snapshot after one chunk. The last one of a stream is the `ReadingResult`."""

    summary: ChunkSummary | None = Field(
        default=None, description="summary of the chunk read last; none in the arm `whole`"
    )
    clues: tuple[Clue, ...] = Field(default=(), description="every clue found so far, in order of finding")
    promising: tuple[Promise, ...] = Field(
        default=(),
        description="while no clue was found: the chunks likeliest to hold one, the likeliest first",
    )
    coverage: Coverage
    usage: Usage


class ReadingResult(ReadingStep):
    """What a reading gives: the answer, the evidence, why it ended, how much was read, what it cost."""

    task: str
    answer: str = Field(description="empty when the reading was cancelled before an answer")
    nearest: tuple[Clue, ...] = Field(
        default=(),
        description="where no clue was found: the quotes that came nearest, the surest first; none was sure enough",
    )
    data: Any = Field(default=None, description="the answer under the caller's schema, when one was given")
    stop: StopSignal
    source: SourceInfo
    model: str = Field(description="fingerprint of the model that read: weights, adapter and tokenizer")
    arm: Arm = "smooth"
    order: Order = "task_first"
    reuse: Reuse = Field(default=Reuse(), description="how much of it was read before, and is not read again")


class SourceReading(Value):
    """What reading a source by itself came to, and the results of the tasks that were read along with it."""

    source: SourceInfo
    coverage: Coverage
    usage: Usage = Field(description="of the source alone; each result has its own")
    reuse: Reuse
    results: tuple[ReadingResult, ...] = Field(default=(), description="in the order of the tasks")


class ReadRequest(BaseModel):
    """One reading: what to look for, where, and for how much."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    task: str = Field(min_length=1, description="the question to answer, or what to collect or summarise")
    source: Any = Field(
        description="text, a path, bytes, a Blob, Documents, a folder, or an iterable of any of these"
    )
    clues: ClueKind = Field(default="quote", description="`quote` to collect evidence, `note` to summarise")
    max_tokens: int | None = Field(default=None, gt=0, description="source tokens to read at the most")
    max_chunks: int | None = Field(default=None, gt=0, description="chunks to read at the most")
    max_seconds: float | None = Field(
        default=None, gt=0, description="seconds of this call after which no chunk is begun"
    )
    order: Order = Field(default="task_first", description="`source_first` to ask of a memory without a task")
    visit: Visit = Field(
        default="in_order", description="`promise`, source first alone: begin where the task's words are"
    )
    refresh: bool = Field(
        default=False, description="read from the beginning, whatever is stored, and store that instead"
    )
