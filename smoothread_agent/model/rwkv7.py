"""RWKV-7 as a recurrent model: its memory is a matrix a head and the last token's input of every layer."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from smoothread_agent.errors import RequestError
from smoothread_agent.model.layout import Shape, check_belongs, empty_tensors, row_bytes
from smoothread_agent.model.memory import HiddenMemory
from smoothread_agent.model.protocol import RecurrentModel, TokenRows
from smoothread_agent.model.rwkv7_network import RWKV7, LayerState

TRAINED_LENGTH = 4096
"""Tokens of context that the released models were trained on, unless their names say otherwise."""

SEGMENT = 512
"""Tokens a row in one pass of `read`: longer texts are read in several, so that memory does not grow with them."""


class RWKV7Model(RecurrentModel):
    """An RWKV-7 network that reads into a memory.

    The memory: `wkv` fp32 `[batch, layer, head, value, key]`, `time_shift` and `channel_shift` `[batch, layer,
    hidden]` in the model's dtype. A pinned prefix is read like any other text and is not held apart: a matrix
    has no place for it.

    Args:
        network: on its device, in its dtype.
        fingerprint: digest of weights and tokenizer.
        window: tokens over which the model was trained to recall.
    """

    def __init__(self, network: RWKV7, *, fingerprint: str, window: int = TRAINED_LENGTH) -> None:
        self.network = network
        self.fingerprint, self.window = fingerprint, window
        self.vocab_size = network.config.vocab_size
        self.device, self.dtype = network.device, network.dtype
        config = network.config
        matrices = (config.num_layers, config.num_heads, config.head_dim, config.head_dim)
        vectors = Shape((config.num_layers, config.hidden_size), self.dtype)
        self._layout = {
            "wkv": Shape(matrices, torch.float32),
            "time_shift": vectors,
            "channel_shift": vectors,
        }

    def memory_bytes(self, batch: int = 1) -> int:
        """Bytes of a memory."""
        return batch * row_bytes(self._layout, slots=0)

    def new_memory(self, pinned: Sequence[int]) -> HiddenMemory:
        """An empty memory with a row for each number, as in `PinnedWindowModel.new_memory`.

        Raises:
            RequestError: there are no rows, or a number is 0.
        """
        if not pinned or min(pinned) < 1:
            raise RequestError("there is nothing to pin: give every row at least one token")
        tensors = empty_tensors(self._layout, len(pinned), slots=0, device=self.device)
        return HiddenMemory(tensors, torch.zeros(len(pinned), dtype=torch.int64, device=self.device))

    def pin(self, prefix: TokenRows) -> HiddenMemory:
        """See `RecurrentModel.pin`."""
        memory = self.new_memory([len(row) for row in prefix])
        self.read(memory, prefix)
        return memory

    @torch.inference_mode()
    def read(self, memory: HiddenMemory, tokens: TokenRows) -> Tensor:
        """See `RecurrentModel.read`."""
        check_belongs(memory, self._layout, self.device, len(tokens))
        logits = torch.full((memory.batch, self.vocab_size), float("nan"), device=self.device)
        for first in range(0, max(map(len, tokens)), SEGMENT):
            part = [row[first : first + SEGMENT] for row in tokens]
            stream = self._forward(memory, part)
            ending = [row for row, line in enumerate(tokens) if first < len(line) <= first + SEGMENT]
            if ending:
                last = stream[ending, [len(part[row]) - 1 for row in ending]]
                logits[ending] = self.network.logits(last).float()
        return logits

    def read_with_grad(
        self, memory: HiddenMemory, tokens: TokenRows, keep: Sequence[Sequence[int]]
    ) -> Iterator[list[Tensor]]:
        """As `read`, for training: for each stretch, each row's logits `[kept, vocab]` after its tokens `keep`.

        Gradients flow through a stretch of `window` tokens and are cut at its edge, where the memory is carried over.
        Whoever calls backward between two stretches needs memory for one, however long the text.
        """
        check_belongs(memory, self._layout, self.device, len(tokens))
        for first in range(0, max(map(len, tokens)), self.window):
            stream = self._forward(memory, [row[first : first + self.window] for row in tokens])
            yield [
                self.network.logits(stream[row, [at - first for at in ats if 0 <= at - first < self.window]])
                for row, ats in enumerate(keep)
            ]

    def _forward(self, memory: HiddenMemory, part: Sequence[Sequence[int]]) -> Tensor:
        """Read one part into the memory: the stream after each token, `[batch, token, hidden]`."""
        counts = [len(row) for row in part]
        width = max(counts)
        ids = torch.tensor([[*row, *[0] * (width - len(row))] for row in part], device=self.device)
        lengths = torch.tensor(counts, device=self.device)
        states = [
            LayerState(*(memory.tensors[name][:, layer] for name in LayerState._fields))
            for layer in range(self.network.config.num_layers)
        ]
        if torch.is_grad_enabled():  # the memory is written over below, and a graph must keep what it was
            states = [LayerState(*(tensor.clone() for tensor in state)) for state in states]
        ragged = None if min(counts) == width else lengths
        if width > 1 or torch.is_grad_enabled():
            stream, after = self.network(ids, states, ragged)
        else:
            stream, after = self.network(ids[:, 0], states, ragged)
            stream = stream.unsqueeze(1)
        with torch.no_grad():
            for layer, state in enumerate(after):
                for name, tensor in zip(LayerState._fields, state, strict=True):
                    memory.tensors[name][:, layer].copy_(tensor)
            memory.tokens_read.add_(lengths)
        return stream  # type: ignore[no-any-return]
