"""The scheduler: gives readings their turn at the model. It alone touches model and memory."""

from collections.abc import Generator
from typing import TypeVar

from torch import Tensor

from smoothread_agent.model.memory import HiddenMemory
from smoothread_agent.model.protocol import RecurrentModel
from smoothread_agent.reading.decoder import Feed, Request
from smoothread_agent.schema import ReadingStep

Outcome = TypeVar("Outcome")


def run(
    model: RecurrentModel, requests: Generator[Request, Tensor | None, Outcome], pinned: HiddenMemory
) -> Generator[ReadingStep, None, Outcome]:
    """Run one reading on a fork of `pinned`, which is not changed; yields its steps, returns its outcome."""
    memory = model.fork(pinned)
    answer: Tensor | None = None
    while True:
        try:
            request = requests.send(answer)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        answer = None
        if isinstance(request, Feed):
            answer = model.read(memory, [request.tokens])[0]
        elif isinstance(request, ReadingStep):
            yield request
        else:
            memory = model.fork(pinned)
