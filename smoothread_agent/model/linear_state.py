"""Linear state: transformers' Mamba-2, gated delta-rule and short-convolution models, and their hybrids.

Such a layer carries a convolution's last inputs and a matrix from token to token. A memory holds these states as
they are; layers that attend, if there are any, keep a pinned window in the same memory, as in
`smoothread_agent.model.window`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedModel

from smoothread_agent.errors import ModelError
from smoothread_agent.model.attention import NAME, SideBySide, WindowCall
from smoothread_agent.model.layout import Shape, check_belongs, empty_tensors, row_bytes
from smoothread_agent.model.linear_families import pace_of
from smoothread_agent.model.memory import HiddenMemory
from smoothread_agent.model.protocol import RecurrentModel, TokenRows
from smoothread_agent.model.quiet import quiet_transformers
from smoothread_agent.model.reach import Reach
from smoothread_agent.model.rotary import rotations_of
from smoothread_agent.model.state_cache import StateCache, forward, probe
from smoothread_agent.model.step_limits import hold_time_steps
from smoothread_agent.model.window import Stretch

SEGMENT = 512
"""Tokens a row in one forward pass at the most, so that a long text takes no more memory than a short one."""


@dataclass(frozen=True)
class Step:
    """What one forward pass reads: as many tokens into each of `rows`. There is no padding, which states would read.

    `started` says whether the rows hold a state already. A stretch crosses no edge of a row's window.
    """

    rows: list[int]
    started: bool
    stretches: list[Stretch]

    @property
    def width(self) -> int:
        """Tokens a row."""
        return sum(stretch.width for stretch in self.stretches)


class LinearStateModel(RecurrentModel):
    """A transformers causal LM with linear-state layers that reads into a memory.

    The memory: `layers.N.conv.I` and `layers.N.recurrent.I`, the layer's states as transformers shapes them; for
    layers that attend `layers.N.keys`, `layers.N.values`, `pinned` and `used` as in `PinnedWindowModel`. A pinned
    prefix stays in sight of the layers that attend; the states read it like any other text. Rows of unequal length
    are read together as far as they are equally long, and the rest of each on its own.

    Args:
        model: the model, in eval mode, on its device and in its dtype.
        fingerprint: digest of weights, adapter and tokenizer; the window is added to it where there is one.
        window: tokens in sight of the layers that attend, beside the pinned ones.

    Raises:
        ModelError: its family cannot be read (the message says why), or was not trained far enough for this
            window.
    """

    def __init__(self, model: PreTrainedModel, *, fingerprint: str, window: int = 1024) -> None:
        config = model.config.get_text_config()
        self.longest = 1 if pace_of(config) == "token" else SEGMENT
        self.model = model
        self.window = window
        self.device, self.dtype = model.device, model.dtype
        self.vocab_size = int(config.vocab_size)
        hold_time_steps(model)
        with quiet_transformers():
            if model.config._attn_implementation is not None:
                model.set_attn_implementation(NAME)
            self.layers = probe(model)
        if not any(layer.states for layer in self.layers):
            raise ModelError(f"{type(model).__name__} keeps no linear state: read it through a pinned window")
        self.attending = [index for index, layer in enumerate(self.layers) if layer.attention is not None]
        self.reach = Reach.of(config, window) if self.attending else Reach(window, None)
        self._rotations = rotations_of(model, window, self.attending, needed=False)
        self.fingerprint = f"{fingerprint}-window{window}" if self.attending else fingerprint
        self._layout = self._shapes()

    def _shapes(self) -> dict[str, Shape]:
        shapes: dict[str, Shape] = {}
        for index, layer in enumerate(self.layers):
            shapes |= {f"layers.{index}.{name}": shape for name, shape in layer.states.items()}
            if layer.attention is not None:
                heads, dim = layer.attention
                for name in ("keys", "values"):
                    shapes[f"layers.{index}.{name}"] = Shape((heads, None, dim), self.dtype)
        if self.attending:
            shapes |= {"pinned": Shape((), torch.int64), "used": Shape((), torch.int64)}
        return shapes

    def memory_bytes(self, pinned: int, batch: int = 1) -> int:
        """Bytes of a memory with `pinned` pinned tokens a row."""
        return batch * row_bytes(self._layout, pinned + 2 * self.window)

    def pin(self, prefix: TokenRows) -> HiddenMemory:
        """See `RecurrentModel.pin`."""
        memory = self.new_memory([len(row) for row in prefix])
        self.read(memory, prefix)
        return memory

    def new_memory(self, pinned: Sequence[int]) -> HiddenMemory:
        """An empty memory with a row for each number, as in `PinnedWindowModel.new_memory`.

        Raises:
            RequestError: there are no rows, or a number is 0, or too large for the window.
        """
        self.reach.check_prefixes(pinned)
        batch, slots = len(pinned), max(pinned) + 2 * self.window
        tensors = empty_tensors(self._layout, batch, slots, self.device)
        if self.attending:
            tensors["pinned"] = torch.tensor(pinned, device=self.device)
        return HiddenMemory(tensors, torch.zeros(batch, dtype=torch.int64, device=self.device))

    @torch.inference_mode()
    def read(self, memory: HiddenMemory, tokens: TokenRows) -> Tensor:
        """See `RecurrentModel.read`."""
        check_belongs(memory, self._layout, self.device, len(tokens))
        logits = torch.full((memory.batch, self.vocab_size), float("nan"), device=self.device)
        for step in self._steps(memory, tokens):
            logits[step.rows] = self._forward(memory, step).float()
        return logits

    def _steps(self, memory: HiddenMemory, tokens: TokenRows) -> Iterator[Step]:
        """Stretches of the same rows share a forward pass, as many as are no longer together than one may be."""
        started = [count > 0 for count in memory.tokens_read.tolist()]
        step: Step | None = None
        for rows, stretch in self._stretches(memory, tokens, started.copy()):
            if step is not None and step.rows == rows and step.width + stretch.width <= self.longest:
                step.stretches.append(stretch)
                continue
            if step is not None:
                yield step
            step = Step(rows, started[rows[0]], [stretch])
            for row in rows:
                started[row] = True
        if step is not None:
            yield step

    def _stretches(
        self, memory: HiddenMemory, tokens: TokenRows, started: list[bool]
    ) -> Iterator[tuple[list[int], Stretch]]:
        """Cut the rows so that those of a stretch are equally long and none crosses the edge of its window."""
        if self.attending:
            used = memory.tensors["used"].tolist()
            edges = [pinned + 2 * self.window for pinned in memory.tensors["pinned"].tolist()]
        else:  # no edge is ever reached
            used, edges = [0] * memory.batch, [len(row) + 1 for row in tokens]
        done = [0] * memory.batch
        while left := [row for row in range(memory.batch) if done[row] < len(tokens[row])]:
            rows = [row for row in left if started[row] == started[left[0]]]
            full = [used[row] == edges[row] for row in rows]
            for row, moves in zip(rows, full, strict=True):
                used[row] -= self.window if moves else 0
            room = [min(len(tokens[row]) - done[row], edges[row] - used[row]) for row in rows]
            width = min(self.longest, *room)
            parts = [tokens[row][done[row] : done[row] + width] for row in rows]
            yield rows, Stretch(parts, [used[row] for row in rows], full)
            for row in rows:
                used[row] += width
                done[row] += width
                started[row] = True

    def _forward(self, memory: HiddenMemory, step: Step) -> Tensor:
        """Read one step: logits `[row, vocab]` after each row's last token."""
        rows, device = step.rows, self.device
        part = {name: _rows_of(tensor, rows) for name, tensor in memory.tensors.items()}
        starts = [torch.tensor(stretch.start, device=device) for stretch in step.stretches]
        widths = [stretch.width for stretch in step.stretches]
        call = None
        if self.attending:
            pairs = zip(step.stretches, starts, strict=True)
            call = SideBySide([self._call(part, stretch, start) for stretch, start in pairs], widths)
            part["used"] = starts[-1] + widths[-1]
        states = [
            {name: part[f"layers.{index}.{name}"] for name in layer.states}
            for index, layer in enumerate(self.layers)
        ]
        cache = StateCache.over(states, step.started, call)
        lines = zip(*(stretch.tokens for stretch in step.stretches), strict=True)
        ids = [[token for some in line for token in some] for line in lines]
        positions = [
            start[:, None] + torch.arange(width, device=device)
            for start, width in zip(starts, widths, strict=True)
        ]
        logits = forward(self.model, torch.tensor(ids, device=device), torch.cat(positions, dim=1), cache)
        for index in range(len(self.layers)):
            part |= {f"layers.{index}.{name}": state for name, state in cache.states(index).items()}
        for name, tensor in part.items():
            if tensor.data_ptr() != memory.tensors[name][rows[0]].data_ptr():  # else it was written in place
                memory.tensors[name][rows] = tensor
        memory.tokens_read[rows] += step.width
        return logits

    def _call(self, part: dict[str, Tensor], stretch: Stretch, start: Tensor) -> WindowCall:
        return WindowCall(
            keys={layer: part[f"layers.{layer}.keys"] for layer in self.attending},
            values={layer: part[f"layers.{layer}.values"] for layer in self.attending},
            start=start,
            lengths=torch.full_like(start, stretch.width),
            shift=torch.tensor(stretch.shift, device=self.device),
            pinned=part["pinned"],
            window=self.window,
            rotations=self._rotations,
        )


def _rows_of(tensor: Tensor, rows: list[int]) -> Tensor:
    """These rows: a view where they follow one another, else a copy."""
    first, last = rows[0], rows[-1]
    return tensor[first : last + 1] if last - first + 1 == len(rows) else tensor[rows]
