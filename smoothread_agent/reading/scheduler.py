"""The scheduler: gives readings their turn at the model. It alone touches model and memory."""

from collections.abc import Generator
from contextlib import AbstractContextManager
from typing import TypeVar

from torch import Tensor

from smoothread_agent.model.memory import HiddenMemory
from smoothread_agent.model.protocol import RecurrentModel
from smoothread_agent.reading.decoder import Feed, Request
from smoothread_agent.schema import ReadingStep

Outcome = TypeVar("Outcome")


def run(
    model: RecurrentModel,
    requests: Generator[Request, Tensor | None, Outcome],
    pinned: HiddenMemory,
    turn: AbstractContextManager[object],
) -> Generator[ReadingStep, None, Outcome]:
    """Run one reading on a fork of `pinned`, which is not changed; yields its steps, returns its outcome.

    `turn` is held for one forward pass at a time, never while a step is with the caller: so readings on several
    threads take turns at a device, and one that is paused holds up no other.
    """
    memory = model.fork(pinned)
    answer: Tensor | None = None
    while True:
        try:
            request = requests.send(answer)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        answer = None
        if isinstance(request, Feed):
            with turn:
                answer = model.read(memory, [request.tokens])[0]
        elif isinstance(request, ReadingStep):
            yield request
        else:
            memory = model.fork(pinned)
