"""Two ways to take a training step on one long trajectory with the same weights: windowed, and under full attention."""

import random
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

from smoothread_agent.model.loading import load_model
from smoothread_agent.model.resolve import resolve
from tools.train.lesson import study
from tools.train.render import Rendered, render
from tools.train.score import Score
from tools.train.settings import Settings
from tools.train.tasks import sample
from tools.train.trainer import Trainer

CHARACTERS = (4, 5)
"""Characters for each token of a part, fewest and most: documentation in English takes about four."""


def windowed(tokens: int, window: int, chunk: int) -> dict[str, Any]:
    """The trainer's own step: stretch by stretch, the memory carried over, gradients cut at each edge."""
    trainer, lesson = _prepared(tokens, window, chunk)
    return _timed(trainer, lesson, lambda: study(trainer.reader, [lesson], Score(), backward_share=1.0))


def full(tokens: int, window: int, chunk: int) -> dict[str, Any]:
    """transformers, the whole trajectory at once under full attention, loss on the same tokens."""
    trainer, lesson = _prepared(tokens, window, chunk)
    model = trainer.reader.model
    model.set_attn_implementation("sdpa")
    ids = torch.tensor([lesson.pinned + lesson.tokens], device=model.device)
    weights = torch.tensor([0.0] * len(lesson.pinned) + lesson.weights, device=model.device)
    kept = weights[1:].nonzero()[:, 0]

    def step() -> None:
        logits = model(ids, use_cache=False, logits_to_keep=kept).logits[0].float()
        loss = F.cross_entropy(logits, ids[0, kept + 1], reduction="none") * weights[kept + 1]
        (loss.sum() / weights.sum()).backward()

    return _timed(trainer, lesson, step)


TRAINING: dict[str, Callable[[int, int, int], dict[str, Any]]] = {"windowed": windowed, "full": full}


def _prepared(tokens: int, window: int, chunk: int) -> tuple[Trainer, Rendered]:
    loaded = load_model(resolve(None))
    trainer = Trainer(loaded.model, loaded.tokenizer, Settings(window=window), Path())
    lesson = long_lesson(trainer, tokens, chunk)
    trainer.peft.train()
    return trainer, lesson


def long_lesson(trainer: Trainer, tokens: int, chunk: int) -> Rendered:
    """A trajectory of about so many tokens, in parts of about `chunk`: a needle in real text, nothing weighed."""
    parts = max(2, round(tokens / (chunk + 60)))  # a round takes some sixty tokens beside its part
    size = tokens // parts - 60
    trajectory = sample(
        random.Random(0),
        families={"needle.multivalue": 1.0},  # it is read to the end
        part_characters=(CHARACTERS[0] * size, CHARACTERS[1] * size),
        parts=(parts, parts),
    )
    return replace(render(trainer.codec, trajectory), asides=[])


def _timed(trainer: Trainer, lesson: Rendered, step: Callable[[], None]) -> dict[str, Any]:
    began = time.perf_counter()
    step()
    trainer.update()
    return {"tokens": len(lesson.pinned) + len(lesson.tokens), "seconds": time.perf_counter() - began}
