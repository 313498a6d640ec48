"""Samples: small memories, states and results, with something in every field, to try a store with."""

import torch

from smoothread_agent.memory.chain import Chain, Conditions, digest
from smoothread_agent.memory.entries import ReadingState
from smoothread_agent.memory.protocol import Store
from smoothread_agent.model.memory import HiddenMemory
from smoothread_agent.schema import (
    ChunkSummary,
    Clue,
    Coverage,
    ReadingResult,
    SourceInfo,
    StopSignal,
    Usage,
)

CHUNKS = ("The bridge was drawn ", "by Jasper Aloic, ", "who was born in Pelano, ", "a town of 4,100.")
CONDITIONS = Conditions(model="m" * 64, dtype="float32", wording="1", chunk=16, task="Who drew the bridge?")


def a_memory(seed: int, *, slots: int = 12) -> HiddenMemory:
    """A small hidden memory, another for every seed."""
    random = torch.Generator().manual_seed(seed)
    tensors = {f"layers.{n}.keys": torch.randn(1, 2, slots, 8, generator=random) for n in range(2)}
    return HiddenMemory({**tensors, "used": torch.tensor([seed])}, torch.tensor([100 + seed]))


def a_source(chunks: tuple[str, ...] = CHUNKS, name: str = "bridge.txt") -> SourceInfo:
    """The description of the source that `chunks` make."""
    text = "".join(chunks)
    return SourceInfo(name=name, digest=digest(text.encode()), characters=len(text))


def a_state(chunks_read: int, chunks: tuple[str, ...] = CHUNKS) -> ReadingState:
    """A state with something in every field."""
    end = len("".join(chunks[:chunks_read]))
    start = end - len(chunks[chunks_read - 1])
    clue = Clue(text="Jasper Aloic", start=start, end=end, page=3, chunk=chunks_read - 1, confidence=0.75)
    summary = ChunkSummary(
        chunk=chunks_read - 1,
        start=start,
        end=end,
        target="Who drew the bridge?",
        clues=(clue,),
        new_clues=(clue,),
        reason="It names him.",
        action="READ",
        stop_confidence=0.25,
    )
    return ReadingState(
        chunks_read=chunks_read,
        tokens_read=5 * chunks_read,
        cursor=end,
        clues=(clue, clue),
        in_stream=(clue,),
        summary=summary,
        pending=(5, 0, 49151),
        pending_forced=2,
        usage=Usage(rounds=chunks_read, tokens_read=5 * chunks_read, tokens_decoded=7, seconds=0.125),
    )


def a_result(answer: str = "Jasper Aloic", *, cancelled: bool = False) -> ReadingResult:
    """A finished reading's result, or that of a cancelled one."""
    state = a_state(len(CHUNKS))
    coverage = Coverage(chunks_read=4, chunks_total=4, tokens_read=20, tokens_total=20, truncated=False)
    return ReadingResult(
        summary=state.summary,
        clues=state.clues,
        coverage=coverage,
        usage=state.usage,
        task="Who drew the bridge?",
        answer=answer,
        data={"name": answer, "born": None},
        stop=StopSignal(reason="cancelled" if cancelled else "end_of_source"),
        source=a_source(),
        model="m" * 64,
    )


def same(one: HiddenMemory, other: HiddenMemory) -> bool:
    """Whether two memories are bit-identical."""
    return (
        list(one.tensors) == list(other.tensors)
        and torch.equal(one.tokens_read, other.tokens_read)
        and all(torch.equal(tensor, other.tensors[name]) for name, tensor in one.tensors.items())
    )


def put(store: Store, chunks_read: int, *, chunks: tuple[str, ...] = CHUNKS, final: bool = False) -> str:
    """Store the memory after so many chunks, whose seed is that number; returns its key."""
    chain = Chain.of(CONDITIONS, chunks)
    memory, state = a_memory(chunks_read), a_state(chunks_read, chunks)
    return store.save(chain, memory, state, source=a_source(chunks), final=final).key
