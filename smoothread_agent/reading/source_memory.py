"""The memory of a source alone, chunk by chunk: restored where a store has it, read where not."""

from collections.abc import Sequence
from functools import cached_property

from smoothread_agent.memory.checkpointer import Checkpointer
from smoothread_agent.memory.entries import ReadingState
from smoothread_agent.model.memory import HiddenMemory
from smoothread_agent.reading.chunker import Chunk, Chunker
from smoothread_agent.reading.engine import Engine, Ready
from smoothread_agent.reading.place import source_conditions
from smoothread_agent.reading.plan import source_text, tokens_in
from smoothread_agent.reading.planning import Method
from smoothread_agent.reading.policy import Budget
from smoothread_agent.reading.shelf import Shelf
from smoothread_agent.schema import Reuse, Usage
from smoothread_agent.sources import Source

ABOUT_CHARACTERS = 4000
"""Of a chunk's text, to find its source by."""


class SourceMemory:
    """What the model knows of a source after each of its chunks, no task in it.

    Args:
        engine, ready: the model that reads.
        chunks: the source, in order.
        checkpointer: keeps the memory after chunks; none: nothing is kept.
        refresh: read anew what is stored.

    Attributes:
        fed: indices of the chunks that were read, rather than restored.
        checkpoint: key of the checkpoint that was restored last.
        reached: after how many chunks the memory was seen, or is known to be stored.
    """

    def __init__(
        self,
        engine: Engine,
        ready: Ready,
        chunks: Sequence[Chunk],
        checkpointer: Checkpointer | None,
        *,
        refresh: bool = False,
    ) -> None:
        self._turn, self._model, self.chunks = engine.turn, ready.model, chunks
        self.checkpointer = checkpointer
        self._prefix = ready.codec.markup(source_text(ready.codec.chat))
        self.fed: set[int] = set()
        self.checkpoint: str | None = None
        self.reached = 0
        self._memory: HiddenMemory | None = None
        self._at = 0
        self._refresh = refresh

    @cached_property
    def _stored(self) -> int:
        """The most chunks after which the memory is stored and may be used."""
        if self._refresh or self.checkpointer is None:
            return 0
        return self.checkpointer.stored(len(self.chunks))

    @cached_property
    def pinned(self) -> HiddenMemory:
        """The memory before the first chunk."""
        with self._turn:
            return self._model.pin([self._prefix])

    def after(self, chunks: int) -> tuple[HiddenMemory, int]:
        """A fork of the memory after the first `chunks`, and how many source tokens had to be read for it."""
        tokens = self.read_to(chunks)
        return self._model.fork(self._memory or self.pinned), tokens

    def read_to(self, chunks: int) -> int:
        """Go to the memory after the first `chunks`; returns how many source tokens had to be read for it."""
        if self._at != chunks:
            self._restore(chunks)
        tokens = 0
        while self._at < chunks:
            tokens += self._read_next()
        self.reached = max(self.reached, chunks)
        return tokens

    def read_through(self, budget: Budget) -> int:
        """Read and store what is not stored, to the source's end or until `budget` is cancelled; returns its tokens."""
        tokens = 0
        self.reached = max(self.reached, self._stored)
        for number in range(self.reached + 1, len(self.chunks) + 1):
            if budget.is_cancelled():
                break
            tokens += self.read_to(number)
        if self.checkpointer is not None:
            self.checkpointer.settle()
        return tokens

    def reuse(self, visited: Sequence[Chunk]) -> Reuse:
        """Where the tokens of the chunks that a reading visited came from."""
        return Reuse(
            tokens_from_checkpoint=tokens_in([chunk for chunk in visited if chunk.index not in self.fed]),
            tokens_read_now=tokens_in([chunk for chunk in self.chunks if chunk.index in self.fed]),
            checkpoint=self.checkpoint,
        )

    def _restore(self, chunks: int) -> None:
        """Go to the stored memory nearest before the end of `chunks`, if it is nearer than the one at hand."""
        if self._at > chunks:
            self._memory, self._at = None, 0
        if self.checkpointer is None or self._stored <= self._at:
            return
        usable = min(chunks, self._stored)
        if self.checkpointer.stored(usable) <= self._at:
            return
        restored = self.checkpointer.restore(self._model.device, up_to=usable)
        if restored is not None and restored.state.chunks_read > self._at:
            self._memory, self._at = restored.memory, restored.state.chunks_read
            self.checkpoint = restored.entry.key

    def _read_next(self) -> int:
        chunk = self.chunks[self._at]
        memory = self._model.fork(self.pinned) if self._memory is None else self._memory
        with self._turn:
            self._model.read(memory, [chunk.tokens])
        self._memory, self._at = memory, self._at + 1
        self.fed.add(chunk.index)
        if self.checkpointer is not None:
            tokens = tokens_in(self.chunks[: self._at])
            state = ReadingState(
                chunks_read=self._at, tokens_read=tokens, cursor=chunk.end, usage=Usage(tokens_read=tokens)
            )
            final = self._at == len(self.chunks)
            self.checkpointer.after_chunk(memory, state, final=final, about=chunk.text[:ABOUT_CHARACTERS])
        self._stored = max(self._stored, self._at)
        return len(chunk.tokens)


def source_memory(
    engine: Engine, method: Method, source: Source, shelf: Shelf | None, *, refresh: bool = False
) -> SourceMemory:
    """The memory of `source`, cut as `method` says, on a shelf or on none."""
    ready = engine.ready()
    chunks = tuple(Chunker(ready.codec, method.chunk).chunks(source.text))
    checkpointer = None
    if shelf is not None:
        conditions = source_conditions(ready, method.chunk)
        checkpointer = shelf.checkpointer(ready.model, conditions, chunks, source)
    return SourceMemory(engine, ready, chunks, checkpointer, refresh=refresh)
