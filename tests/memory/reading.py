"""A reading in a process of its own, that can be killed: python -m tests.memory.reading ROOT CHUNKS [PAUSE]

Its "model" is a hash: the memory after a chunk is made from the memory before it and the chunk, so a resumed reading
equals an uninterrupted one only if it went on from the right memory, with nothing lost and nothing read twice. Each
checkpoint is acknowledged on stdout once `save` has returned.
"""

import sys
import time
from pathlib import Path

import torch

from smoothread_agent.memory.chain import Chain, Conditions, digest
from smoothread_agent.memory.entries import ReadingState
from smoothread_agent.memory.policy import CheckpointPolicy
from smoothread_agent.memory.store import MemoryStore
from smoothread_agent.model.memory import HiddenMemory
from smoothread_agent.schema import SourceInfo

CONDITIONS = Conditions(model="m", dtype="float32", wording="1", chunk=16, task="t")


def texts(count: int) -> list[str]:
    return [f"chunk {n} of the text. " for n in range(count)]


def read(memory: HiddenMemory, text: str) -> None:
    """Read one chunk into the memory, in place."""
    was = digest(memory.tensors["state"].numpy().tobytes() + text.encode())
    random = torch.Generator().manual_seed(int(was[:15], 16))
    memory.tensors["state"].copy_(torch.randn(1, 4096, generator=random))
    memory.tokens_read.add_(len(text.split()))


def new_memory() -> HiddenMemory:
    return HiddenMemory({"state": torch.zeros(1, 4096)}, torch.zeros(1, dtype=torch.int64))


def uninterrupted(count: int) -> HiddenMemory:
    memory = new_memory()
    for text in texts(count):
        read(memory, text)
    return memory


def main(root: Path, count: int, pause: float = 0.0) -> None:
    store = MemoryStore(root, policy=CheckpointPolicy(every=2, most=3))
    chunks = texts(count)
    chain = Chain.of(CONDITIONS, chunks)
    source = SourceInfo(name="s", digest=digest("".join(chunks).encode()), characters=len("".join(chunks)))
    restored = store.restore(chain)
    memory, first = (restored.memory, restored.state.chunks_read) if restored else (new_memory(), 0)
    print("from", first, flush=True)
    for read_so_far in range(first + 1, count + 1):
        read(memory, chunks[read_so_far - 1])
        time.sleep(pause)
        if store.policy.due(read_so_far, count):
            state = ReadingState(chunks_read=read_so_far, cursor=sum(map(len, chunks[:read_so_far])))
            store.save(chain, memory, state, source=source, final=read_so_far == count)
            print("saved", read_so_far, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *map(float, sys.argv[3:]))
