"""Lessons: rendered trajectories put through the model, for their loss and for how often the decisions were right."""

from collections.abc import Sequence

import torch

from smoothread_agent.model.window import PinnedWindowModel
from tools.train.one_pass import fits, logits_of
from tools.train.render import Rendered
from tools.train.row import Row
from tools.train.score import Score


def study(
    model: PinnedWindowModel,
    lessons: Sequence[Rendered],
    score: Score,
    *,
    backward_share: float | None = None,
) -> None:
    """Put lessons through the model and add them to `score`.

    With `backward_share`, gradients of each lesson's weighted mean loss times that share are added to the
    parameters'. A lesson takes one pass with all that is weighed in it if the memory does not move before its end: on
    a GPU those of `lessons` share it, on a CPU each has its own. The others are read together, a row each, stretch by
    stretch, so that memory does not grow with their length, and what is weighed is no part of them.
    """
    passing, moving = [], []
    for row in map(Row.of, lessons):
        if fits(model, row.stream):
            passing.append(row)
        else:
            moving.append(row.alone())
    together = 1 if model.device.type == "cpu" else max(1, len(passing))
    for first in range(0, len(passing), together):
        _study_in_one_pass(model, passing[first : first + together], score, backward_share)
    if moving:
        _study_in_stretches(model, moving, score, backward_share)


def _study_in_one_pass(
    model: PinnedWindowModel, rows: Sequence[Row], score: Score, backward_share: float | None
) -> None:
    found = logits_of(model, [row.stream for row in rows])
    losses = torch.stack(
        [
            row.loss(row.ats, logits) + row.weighing_loss(beside)
            for row, (logits, beside) in zip(rows, found, strict=True)
        ]
    )
    totals = torch.tensor([row.total for row in rows], device=losses.device)
    if backward_share is not None:
        ((losses / totals).sum() * backward_share).backward()
    for row, (logits, beside) in zip(rows, found, strict=True):
        row.note(row.ats, logits.detach(), score)
        row.note_weighings(beside.detach(), score)
        score.weight += row.total
        score.tokens += len(row.tokens) + sum(len(branch.tokens) for branch in row.stream.branches)
    score.loss += float(losses.detach().sum())


def _study_in_stretches(
    model: PinnedWindowModel, rows: Sequence[Row], score: Score, backward_share: float | None
) -> None:
    memory = model.new_memory([row.pinned for row in rows])
    position = [0] * len(rows)
    for stretch in model.read_with_grad(memory, [row.tokens for row in rows], [row.ats for row in rows]):
        losses = []
        for index, (row, logits) in enumerate(zip(rows, stretch, strict=True)):
            here = row.ats[position[index] : position[index] + len(logits)]
            position[index] += len(logits)
            if here:
                loss = row.loss(here, logits.float())
                row.note(here, logits.detach(), score)
                losses.append(loss / row.total)
                score.loss += float(loss.detach())
        if losses and backward_share is not None:
            (torch.stack(losses).sum() * backward_share).backward()
    score.weight += sum(row.total for row in rows)
    score.tokens += sum(len(row.tokens) for row in rows)
