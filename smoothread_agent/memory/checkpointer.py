"""The checkpointer: one reading's dealings with a store. A store that fails costs reuse, not the reading."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from smoothread_agent.memory.chain import Chain
from smoothread_agent.memory.entries import ReadingState
from smoothread_agent.memory.errors import MemoryStoreError
from smoothread_agent.memory.policy import CheckpointPolicy
from smoothread_agent.memory.protocol import Restored, Store
from smoothread_agent.model.memory import HiddenMemory
from smoothread_agent.schema import SourceInfo

log = logging.getLogger(__name__)


@dataclass
class Checkpointer:
    """Restores a reading and checkpoints it on its way.

    Attributes:
        store: where to.
        chain: the source's chain.
        source: what is read.
        policy: after which chunks.
        about: text to find the source by.
        strict: raise what the store raises; else note it in `failures` and read on.
        failures: what went wrong, in order.
        seconds: spent on saving and restoring.
    """

    store: Store
    chain: Chain
    source: SourceInfo
    policy: CheckpointPolicy
    about: str = ""
    strict: bool = False
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def restore(self, device: torch.device | str = "cpu", *, up_to: int | None = None) -> Restored | None:
        """Where to go on from, if anywhere. Raises `MemoryStoreError` when strict."""
        restored: list[Restored | None] = []
        self._guarded(
            lambda: restored.append(self.store.restore(self.chain, device=device, up_to=up_to)),
            "nothing was restored",
        )
        return restored[0] if restored else None

    def after_chunk(self, memory: HiddenMemory, state: ReadingState, *, final: bool = False) -> bool:
        """Checkpoint after a chunk, if the policy calls for one or the reading ends here. Whether one was written.

        Call it with `memory` as it stands and with the tokens that it was not fed yet in `state.pending`. Raises
        `MemoryStoreError` when strict.
        """
        if not final and not self.policy.due(state.chunks_read, len(self.chain)):
            return False
        return self._guarded(
            lambda: self.store.save(
                self.chain, memory, state, source=self.source, final=final, about=self.about
            ),
            f"the checkpoint after chunk {state.chunks_read} was not written",
        )

    def _guarded(self, call: Callable[[], object], otherwise: str) -> bool:
        began = time.perf_counter()
        try:
            call()
        except MemoryStoreError as error:
            if self.strict:
                raise
            self.failures.append(f"{otherwise}: {error}")
            log.warning("%s; the reading goes on: %s", otherwise, error)
            return False
        finally:
            self.seconds += time.perf_counter() - began
        return True
