"""Plain generation by transformers, for work that is no reading."""

from collections.abc import Sequence
from typing import Any

import torch


class PlainGenerator:
    """Continues prompts together, a row each, by the likeliest tokens."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self._model, self._tokenizer = model, tokenizer

    @torch.inference_mode()
    def __call__(self, prompts: Sequence[str], most_tokens: int) -> list[str]:
        """The continuation of each prompt, up to an empty line or `most_tokens`."""
        tokens = [self._tokenizer(prompt, add_special_tokens=False)["input_ids"] for prompt in prompts]
        longest = max(map(len, tokens))
        device = self._model.device
        rows = torch.tensor([[0] * (longest - len(row)) + row for row in tokens], device=device)
        mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in tokens], device=device)
        generated = self._model.generate(
            rows,
            attention_mask=mask,
            max_new_tokens=most_tokens,
            do_sample=False,
            pad_token_id=self._tokenizer.eos_token_id or 0,
            stop_strings=["\n\n"],
            tokenizer=self._tokenizer,
        )
        return [self._tokenizer.decode(row[longest:]).split("\n\n")[0] for row in generated]
