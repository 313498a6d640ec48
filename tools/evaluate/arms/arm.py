"""What an arm is to the runner, and what it is built from."""

import hashlib
import json
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass

from tools.evaluate.case import Case
from tools.evaluate.outcome import Outcome

READER_ARMS = ("smooth", "reset", "whole")
ARMS = (*READER_ARMS, "full", "refine")


@dataclass(frozen=True)
class Settings:
    """The weights and sizes that all arms of a run share.

    Attributes:
        model: name or folder, as `smoothread_agent.model.resolve` takes it; none for the default model.
        adapter: folder of a LoRA adapter, `auto` for the one that ships with the default model, `none` for
            none.
        chunk: tokens a chunk.
        window: tokens that stay in sight.
        answer_tokens: bound on the answer.
        device: where to run; none to choose.
        dtype: `bf16`, `fp16` or `fp32`; none for what is fast on the device.
    """

    model: str | None = None
    adapter: str = "auto"
    chunk: int = 512
    window: int = 1024
    answer_tokens: int = 96
    device: str | None = None
    dtype: str | None = None

    @property
    def digest(self) -> str:
        """Tells results under other settings apart: eight hexadecimal digits."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:8]


class BuiltArm(ABC):
    """An arm with its model loaded.

    Attributes:
        name: one of `ARMS`.
        fingerprint: digest of weights, adapter and tokenizer.
        variant: what else of the arm decides its results, such as thresholds; empty where there is nothing.
    """

    name: str
    fingerprint: str
    variant: str = ""

    @abstractmethod
    def run(self, case: Case) -> Outcome:
        """Answer a case. Keeps nothing for the next.

        Raises:
            SmoothReadError: the case cannot be read.
        """
