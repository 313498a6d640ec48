"""Decoding under a grammar: what may come next, and what must."""

import json
from typing import Any

import torch
from llguidance import LLMatcher
from torch import Tensor

from smoothread_agent.errors import GrammarError, RequestError


def line_grammar() -> str:
    """One line of text."""
    return LLMatcher.grammar_from_lark(r'start: " " /[^ \n][^\n]{0,240}/ "\n"')


def schema_grammar(schema: dict[str, Any]) -> str:
    """JSON under a schema.

    Raises:
        RequestError: the schema asks for what cannot be decoded under a grammar.
    """
    grammar = LLMatcher.grammar_from_json_schema(json.dumps(schema), overrides={"whitespace_flexible": False})
    problem = LLMatcher.validate_grammar(grammar)
    if problem:
        raise RequestError(
            f"this answer schema cannot be decoded: {problem.strip()}. Bound it, forbid extra fields "
            "(ConfigDict(extra='forbid')), and leave out uniqueItems, oneOf and not"
        )
    return grammar


class Guide:
    """Follows one text as it is decoded under a grammar."""

    def __init__(self, tokenizer: Any, grammar: str, vocab_size: int) -> None:
        self._matcher = LLMatcher(tokenizer, grammar)
        self._vocab_size = vocab_size
        self._check()

    @property
    def done(self) -> bool:
        """Whether the text is complete and nothing can follow."""
        return bool(self._matcher.is_stopped())

    def mask(self, logits: Tensor) -> Tensor:
        """`logits` `[vocab]` with minus infinity for every token that cannot follow."""
        bits = torch.frombuffer(bytearray(self._matcher.compute_bitmask()), dtype=torch.uint8)
        self._check()
        allowed = ((bits[:, None] >> torch.arange(8, dtype=torch.uint8)) & 1).flatten()[: self._vocab_size]
        blocked = torch.ones(self._vocab_size, dtype=torch.bool)  # a model may have more logits than tokens
        blocked[: len(allowed)] = allowed == 0
        return logits.masked_fill(blocked.to(logits.device), float("-inf"))

    def take(self, token: int) -> list[int]:
        """Follow `token`; returns the tokens that must come next, which are followed as well."""
        self._matcher.consume_token(token)
        self._check()
        forced = list(self._matcher.compute_ff_tokens()) if not self.done else []
        if forced:
            self._matcher.consume_tokens(forced)
            self._check()
        return forced

    def _check(self) -> None:
        if self._matcher.is_error():
            raise GrammarError(f"decoding left its grammar: {self._matcher.get_error()}")
