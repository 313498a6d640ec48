"""The scheduler: gives readings their turn at the model. It alone touches model and memory."""

from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager
from typing import TypeVar

import torch
from torch import Tensor

from smoothread_agent.model.memory import HiddenMemory
from smoothread_agent.model.protocol import RecurrentModel
from smoothread_agent.reading.decoder import Feed, Request, Try
from smoothread_agent.reading.effects import Recall
from smoothread_agent.schema import ReadingStep

Outcome = TypeVar("Outcome")

ROWS = 8
"""Continuations that are tried at once: each takes the bytes of a memory for that long."""


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
        elif isinstance(request, Try):
            answer = _tried(model, memory, request.rows, turn)
        elif isinstance(request, ReadingStep):
            if on_step is not None:
                on_step(memory, request)
            yield request
        elif isinstance(request, Recall):
            assert recall is not None, "a reading that recalls a source's memory is given one"
            memory, answer = recall(request.chunks)
        else:
            memory = model.fork(pinned)


def _tried(
    model: RecurrentModel,
    memory: HiddenMemory,
    rows: Sequence[Sequence[int]],
    turn: AbstractContextManager[object],
) -> Tensor:
    """Logits `[row, vocab]` after each of `rows`, read into forks of `memory`. Rows of like length go together."""
    logits: dict[int, Tensor] = {}
    order = sorted(range(len(rows)), key=lambda row: len(rows[row]))
    for first in range(0, len(order), ROWS):
        group = order[first : first + ROWS]
        with turn:
            read = model.read(memory.gather([0] * len(group)), [rows[row] for row in group])
        logits |= dict(zip(group, read, strict=True))
    return torch.stack([logits[row] for row in range(len(rows))])
