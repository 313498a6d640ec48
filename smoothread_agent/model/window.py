"""Pinned window: any transformers causal LM with rotary attention, made recurrent (the paper's SWA).

A token sees the pinned tokens and the last `window` tokens, itself included. The memory of a row is a linear buffer
of `pinned + 2 window` slots a layer; when it is full, its newer half moves to the front and its keys are rotated
back by `window` positions. So positions stay below `pinned + 2 window` however long the text is, a text has no
maximum length, and where the moves fall depends on the stream alone, never on how it was cut into calls.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedModel

from smoothread_agent.errors import ModelError
from smoothread_agent.model.attention import CALL, NAME, Probe, SideBySide, WindowCall
from smoothread_agent.model.layout import Shape, check_belongs, empty_tensors, row_bytes
from smoothread_agent.model.memory import HiddenMemory
from smoothread_agent.model.protocol import RecurrentModel, TokenRows
from smoothread_agent.model.reach import Reach
from smoothread_agent.model.rotary import no_rotation, rotations_of
from smoothread_agent.model.sight import in_sight, spread_out


@dataclass(frozen=True)
class Stretch:
    """What each row reads next without crossing the edge of its buffer."""

    tokens: list[Sequence[int]]
    start: list[int]
    shift: list[bool]

    @property
    def width(self) -> int:
        """Tokens of the longest row."""
        return max(map(len, self.tokens))


class PinnedWindowModel(RecurrentModel):
    """A transformers causal LM that reads into a memory of pinned tokens and a window.

    Args:
        model: the model, in eval mode, on its device and in its dtype.
        fingerprint: digest of weights, adapter and tokenizer; the window is added to it here.
        window: tokens in sight beside the pinned ones. Layers with a smaller window of their own keep it.

    Raises:
        ModelError: the model has no rotary attention of the usual form, has layers without attention, or was
            not trained far enough for this window.
    """

    def __init__(self, model: PreTrainedModel, *, fingerprint: str, window: int = 1024) -> None:
        config = model.config.get_text_config()
        self.reach = Reach.of(config, window)
        self.model = model
        self.window = window
        self.fingerprint = f"{fingerprint}-window{window}"
        self.device, self.dtype = model.device, model.dtype
        self.vocab_size = int(config.vocab_size)
        rotations = rotations_of(model, window, range(int(config.num_hidden_layers)))
        self.shapes, self.own_windows, still = self._probe()
        self._rotations = {**rotations, **dict.fromkeys(still, no_rotation(self.device))}
        buffer = {
            f"layers.{layer}.{name}": Shape((heads, None, dim), self.dtype)
            for layer, (heads, dim) in enumerate(self.shapes)
            for name in ("keys", "values")
        }
        self._layout = {**buffer, "pinned": Shape((), torch.int64), "used": Shape((), torch.int64)}

    def _probe(self) -> tuple[list[tuple[int, int]], dict[int, int], set[int]]:
        """What every layer's attention really gets: KV heads and head dimension; windows smaller than this one; the
        layers that do not rotate their keys (some of SmolLM3's, of Cohere 2's)."""
        self.model.set_attn_implementation(NAME)
        probe = Probe()
        with torch.inference_mode():
            twice = torch.zeros(1, 2, dtype=torch.int64, device=self.device)
            apart = torch.tensor([[0, self.window - 1]], device=self.device)
            self.model(input_ids=twice, position_ids=apart, use_cache=False, **{CALL: probe})
        layers = int(self.model.config.get_text_config().num_hidden_layers)
        if sorted(probe.shapes) != list(range(layers)):
            raise ModelError(
                f"{type(self.model).__name__} has {layers} layers of which {len(probe.shapes)} attend: "
                "a pinned window needs attention in every layer"
            )
        smaller = {layer: own for layer, own in probe.own_windows.items() if own < self.window}
        return [probe.shapes[layer] for layer in range(layers)], smaller, probe.still

    def memory_bytes(self, pinned: int, batch: int = 1) -> int:
        """Bytes of a memory with `pinned` pinned tokens a row."""
        return batch * row_bytes(self._layout, pinned + 2 * self.window)

    def pin(self, prefix: TokenRows) -> HiddenMemory:
        """See `RecurrentModel.pin`. The buffer is sized by the longest prefix."""
        memory = self.new_memory([len(row) for row in prefix])
        self.read(memory, prefix)
        return memory

    def new_memory(self, pinned: Sequence[int]) -> HiddenMemory:
        """An empty memory with a row for each number: the first that many tokens that it reads are pinned.

        Raises:
            RequestError: a number is 0, or too large for this window.
        """
        self.reach.check_prefixes(pinned)
        batch, slots = len(pinned), max(pinned) + 2 * self.window
        tensors = empty_tensors(self._layout, batch, slots, self.device)
        tensors["pinned"] = torch.tensor(pinned, device=self.device)
        return HiddenMemory(tensors, torch.zeros(batch, dtype=torch.int64, device=self.device))

    def essence(self, memory: HiddenMemory) -> HiddenMemory:
        """See `RecurrentModel.essence`: the slots in sight."""
        return in_sight(memory, self.window)

    def whole(self, essence: HiddenMemory) -> HiddenMemory:
        """See `RecurrentModel.whole`."""
        return spread_out(essence, self.window)

    @torch.inference_mode()
    def read(self, memory: HiddenMemory, tokens: TokenRows) -> Tensor:
        """See `RecurrentModel.read`."""
        check_belongs(memory, self._layout, self.device, len(tokens))
        logits = torch.full((memory.batch, self.vocab_size), float("nan"), device=self.device)
        for group in self._groups(memory, self._stretches(memory, tokens)):
            last: dict[int, int] = {}
            begin = 0
            for stretch in group:
                last |= {row: begin + len(part) - 1 for row, part in enumerate(stretch.tokens) if part}
                begin += stretch.width
            kept = sorted(set(last.values()))
            out = self._forward(memory, group, kept)
            for row, at in last.items():
                logits[row] = out[row, kept.index(at)].float()
        return logits

    def read_with_grad(
        self, memory: HiddenMemory, tokens: TokenRows, keep: Sequence[Sequence[int]]
    ) -> Iterator[list[Tensor]]:
        """As `read`, for training: for each stretch, each row's logits `[kept, vocab]` after its tokens `keep`.

        Gradients flow through a stretch (a memory's first is `pinned + 2 window` tokens, the others `window`) and are
        cut at its edge, where the memory is carried over. Whoever calls backward between two stretches needs
        memory for one, however long the text.
        """
        check_belongs(memory, self._layout, self.device, len(tokens))
        done = [0] * memory.batch
        for stretch in self._stretches(memory, tokens):
            kept = []
            for row, part in enumerate(stretch.tokens):
                kept.append([at - done[row] for at in keep[row] if done[row] <= at < done[row] + len(part)])
                done[row] += len(part)
            union = sorted({at for row in kept for at in row}) or [0]
            logits = self._forward(memory, [stretch], union, train=True)
            yield [logits[row, [union.index(at) for at in ats]] for row, ats in enumerate(kept)]

    def _stretches(self, memory: HiddenMemory, tokens: TokenRows) -> list[Stretch]:
        """Cut each row at the edges of its own buffer."""
        pinned, used = memory.tensors["pinned"].tolist(), memory.tensors["used"].tolist()
        done = [0] * memory.batch
        stretches = []
        while any(done[row] < len(tokens[row]) for row in range(memory.batch)):
            stretch = Stretch([], [], [])
            for row, line in enumerate(tokens):
                edge = pinned[row] + 2 * self.window
                full = used[row] == edge and done[row] < len(line)
                if full:
                    used[row] -= self.window
                part = line[done[row] : done[row] + edge - used[row]]
                stretch.tokens.append(part)
                stretch.start.append(used[row])
                stretch.shift.append(full)
                used[row] += len(part)
                done[row] += len(part)
            stretches.append(stretch)
        return stretches

    def _groups(self, memory: HiddenMemory, stretches: Sequence[Stretch]) -> Iterator[list[Stretch]]:
        """Stretches that are read in one forward pass: as many as are no wider together than one may be."""
        widest = int(memory.tensors["layers.0.keys"].shape[2])
        group: list[Stretch] = []
        for stretch in stretches:
            if group and sum(each.width for each in group) + stretch.width > widest:
                yield group
                group = []
            group.append(stretch)
        if group:
            yield group

    def _forward(
        self, memory: HiddenMemory, group: Sequence[Stretch], keep: list[int], train: bool = False
    ) -> Tensor:
        """Read stretches, side by side in one pass: logits `[batch, kept, vocab]` after the pass's tokens `keep`.

        Only attention treats one stretch after the other. Everything else sees one row of tokens, however often it
        crosses the edge of a buffer: products of a few tokens take a CPU nearly as long as those of many.
        """
        widths = [stretch.width for stretch in group]
        if self.device.type == "cpu":
            widths[-1] += _padded(sum(widths)) - sum(widths)
        rows: list[list[int]] = [[] for _ in range(memory.batch)]
        calls, positions = [], []
        for stretch, width in zip(group, widths, strict=True):
            for row, part in zip(rows, stretch.tokens, strict=True):
                row.extend([*part, *[0] * (width - len(part))])
            start = torch.tensor(stretch.start, device=self.device)
            positions.append(start[:, None] + torch.arange(width, device=self.device))
            calls.append(self._call(memory, stretch, start, train))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            out = self.model(
                input_ids=torch.tensor(rows, device=self.device),
                position_ids=torch.cat(positions, dim=1),
                use_cache=False,
                logits_to_keep=torch.tensor(keep, device=self.device),
                **{CALL: SideBySide(calls, widths)},
            )
        memory.tensors["used"].copy_(calls[-1].start + calls[-1].lengths)
        memory.tokens_read.add_(torch.stack([call.lengths for call in calls]).sum(0))
        return out.logits  # type: ignore[no-any-return]

    def _call(self, memory: HiddenMemory, stretch: Stretch, start: Tensor, train: bool) -> WindowCall:
        return WindowCall(
            keys={layer: memory.tensors[f"layers.{layer}.keys"] for layer in range(len(self.shapes))},
            values={layer: memory.tensors[f"layers.{layer}.values"] for layer in range(len(self.shapes))},
            start=start,
            lengths=torch.tensor([len(part) for part in stretch.tokens], device=self.device),
            shift=torch.tensor(stretch.shift, device=self.device),
            pinned=memory.tensors["pinned"],
            window=self.window,
            rotations=self._rotations,
            train=train,
        )


def _padded(width: int) -> int:
    """`width` with padding: oneDNN prepares code and scratch memory for every width it meets, and keeps both."""
    if width == 1:
        return 1
    step = 8 if width <= 32 else 32
    return -(-width // step) * step
