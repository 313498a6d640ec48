"""The scheduler: gives readings their turn at the model. It alone touches model and memory."""

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from typing import TypeVar

from torch import Tensor

from smoothread_agent.model.memory import HiddenMemory
from smoothread_agent.model.protocol import RecurrentModel
from smoothread_agent.reading.decoder import Feed, Request
from smoothread_agent.reading.effects import Recall
from smoothread_agent.schema import ReadingStep

Outcome = TypeVar("Outcome")


def run(
    model: RecurrentModel,
    requests: Generator[Request, Tensor | int | None, Outcome],
    pinned: HiddenMemory,
    turn: AbstractContextManager[object],
    *,
    memory: HiddenMemory | None = None,
    recall: Callable[[int], tuple[HiddenMemory, int]] | None = None,
    on_step: Callable[[HiddenMemory, ReadingStep], object] | None = None,
) -> Generator[ReadingStep, None, Outcome]:
    """Run one reading on a fork of `pinned`, which is not changed; yields its steps, returns its outcome.

    `turn` is held for one forward pass at a time, never while a step is with the caller: so readings on several
    threads take turns at a device, and one that is paused holds up no other.

    A reading that broke off goes on in `memory`, which it advances. `recall` gives a copy, the reading's own, of the
    source's memory after so many chunks, and how many source tokens were read for it. `on_step` is called with the
    memory as it stands before a step is passed on; it may keep it, but must not change it.
    """
    memory = model.fork(pinned) if memory is None else memory
    answer: Tensor | int | None = None
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
            if on_step is not None:
                on_step(memory, request)
            yield request
        elif isinstance(request, Recall):
            assert recall is not None, "a reading that recalls a source's memory is given one"
            memory, answer = recall(request.chunks)
        else:
            memory = model.fork(pinned)
