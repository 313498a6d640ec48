"""Full attention over everything read so far: plain transformers, with a cache that grows with the text."""

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from smoothread_agent.model.state_cache import cache_keyword

PREFILL = 512
"""Tokens a forward pass: the scores of more at once would not fit the memory with long texts."""


class FullAttention:
    """One reading by a causal LM that sees all of it: not recurrent, for what it holds grows with the text."""

    def __init__(self, model: PreTrainedModel) -> None:
        self.model = model
        self.cache = DynamicCache(config=model.config)
        self.tokens_read = 0

    def read(self, tokens: Sequence[int]) -> Tensor:
        """Read on; logits after the last token, fp32 `[vocab]`."""
        logits: Tensor | None = None
        for start in range(0, len(tokens), PREFILL):
            part = torch.tensor([list(tokens[start : start + PREFILL])], device=self.model.device)
            positions = torch.arange(self.tokens_read, self.tokens_read + part.shape[1], device=part.device)[
                None
            ]
            with torch.inference_mode():
                out = self.model(
                    input_ids=part,
                    position_ids=positions,
                    use_cache=True,
                    logits_to_keep=1,
                    **{cache_keyword(self.model): self.cache},
                )
            logits = out.logits[0, -1].float()
            self.tokens_read += part.shape[1]
        if logits is None:
            raise ValueError("there are no tokens to read")
        return logits

    @property
    def nbytes(self) -> int:
        """Bytes of the cache."""
        held = (getattr(layer, name, None) for layer in self.cache.layers for name in ("keys", "values"))
        return sum(tensor.nbytes for tensor in held if isinstance(tensor, Tensor))
