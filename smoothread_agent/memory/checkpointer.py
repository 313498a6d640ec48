"""The checkpointer: one reading's dealings with a store. A store that fails costs reuse, not the reading.

A checkpoint is written beside the reading of the next chunk. It is waited for before the store is asked for anything
else, and when the reading ends.
"""

import logging
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

import torch

from smoothread_agent.errors import MemoryMismatchError
from smoothread_agent.memory.beside import Beside
from smoothread_agent.memory.chain import Chain
from smoothread_agent.memory.entries import ReadingState
from smoothread_agent.memory.errors import MemoryStoreError, MemoryStoreWarning
from smoothread_agent.memory.policy import CheckpointPolicy
from smoothread_agent.memory.protocol import Restored, Store
from smoothread_agent.model.memory import HiddenMemory
from smoothread_agent.model.protocol import RecurrentModel
from smoothread_agent.schema import ReadingResult, SourceInfo

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")


@dataclass
class Checkpointer:
    """Restores a reading, checkpoints it on its way, and keeps its result.

    Every method raises `MemoryStoreError` when strict.

    Attributes:
        store: where to.
        model: whose memories these are; of each, what reading on depends on is kept.
        chain: the source's chain.
        source: what is read.
        policy: after which chunks.
        strict: raise what the store raises; else note it in `failures`, warn of the first, and read on.
        failures: what went wrong, in order.
        seconds: that the reading waited for the store.
    """

    store: Store
    model: RecurrentModel
    chain: Chain
    source: SourceInfo
    policy: CheckpointPolicy
    strict: bool = False
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0
    _writing: Beside = field(default_factory=Beside)

    def stored(self, up_to: int) -> int:
        """The most chunks, of at most `up_to`, after which a checkpoint is stored; 0 where there is none."""

        def longest() -> int:
            return max((number for number in self.store.prefixes(self.chain) if number <= up_to), default=0)

        return self._guarded(longest, 0, "what is stored could not be looked up")

    def restore(self, device: torch.device | str = "cpu", *, up_to: int | None = None) -> Restored | None:
        """Where to go on from, if anywhere: after `up_to` chunks at the most."""

        def restored() -> Restored | None:
            found = self.store.restore(self.chain, device=device, up_to=up_to)
            return None if found is None else replace(found, memory=self.model.whole(found.memory))

        return self._guarded(restored, None, "nothing was restored")

    def after_chunk(
        self, memory: HiddenMemory, state: ReadingState, *, final: bool = False, about: str = ""
    ) -> bool:
        """Checkpoint after a chunk, if the policy calls for one or the reading ends here. Whether one is made.

        Call it with `memory` as it stands and with the tokens that it was not fed yet in `state.pending`; `about` is
        text to find the source by. The final one is stored when this returns; of another, a failure comes with the
        next call.
        """
        if not final and not self.policy.due(state.chunks_read, len(self.chain)):
            return False
        missing = f"the checkpoint after chunk {state.chunks_read} was not written"

        def start() -> bool:
            essence = self.model.essence(memory)
            self._writing.start(
                lambda: self.store.save(
                    self.chain, essence, state, source=self.source, final=final, about=about
                ),
                missing,
            )
            return True

        return self._guarded(start, False, missing) and (not final or self.settle())

    def settle(self) -> bool:
        """Wait for what is being written. Whether it was."""

        def wait() -> bool:
            self._writing.wait()
            return True

        return self._watched(wait, False, self._writing.missing)

    def result(self, key: str) -> ReadingResult | None:
        """The stored result of a request, if there is one."""
        return self._guarded(lambda: self.store.load_result(key), None, "no result was looked up")

    def keep_result(self, key: str, result: ReadingResult) -> bool:
        """Store the result of a request. Whether it was written."""

        def save() -> bool:
            self.store.save_result(key, self.chain.conditions, result)
            return True

        return self._guarded(save, False, "the result was not written")

    def _guarded(self, call: Callable[[], Answer], otherwise: Answer, missing: str) -> Answer:
        self.settle()
        return self._watched(call, otherwise, missing)

    def _watched(self, call: Callable[[], Answer], otherwise: Answer, missing: str) -> Answer:
        began = time.perf_counter()
        try:
            return call()
        except (MemoryStoreError, MemoryMismatchError) as error:
            if self.strict:
                raise
            self._note(f"{missing}: {error}")
            return otherwise
        finally:
            self.seconds += time.perf_counter() - began

    def _note(self, failure: str) -> None:
        self.failures.append(failure)
        log.warning("%s; the reading goes on", failure)
        if len(self.failures) == 1:
            message = f"the memory store fails, and the reading goes on without it: {failure}"
            warnings.warn(MemoryStoreWarning(message), stacklevel=2)
