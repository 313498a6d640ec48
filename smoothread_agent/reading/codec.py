"""Text to tokens and back, with a wall between what we write and what a source says."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import astuple
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from smoothread_agent.errors import ModelError
from smoothread_agent.reading.chat import ChatFormat


class TextCodec:
    """Encodes the stream's two kinds of text for one tokenizer.

    `markup` is ours: special tokens in it are special. `plain` comes from outside (source, task, clues): whatever
    looks like a special token in it is spelled out as text, so it can neither end a turn nor open one.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        self.tokenizer = tokenizer
        self.chat = ChatFormat.of(tokenizer)
        self._markup: Tokenizer = tokenizer.backend_tokenizer
        self._plain = _spelling_out(self._markup, self.chat if tokenizer.chat_template else None)
        for each in (self._markup, self._plain):
            each.no_truncation()
            each.no_padding()

    def markup(self, text: str) -> list[int]:
        """Tokens of our own text."""
        return list(self._markup.encode(text, add_special_tokens=False).ids)

    def plain(self, text: str) -> list[int]:
        """Tokens of a text from outside."""
        return list(self._plain.encode(text, add_special_tokens=False).ids)

    def token_starts(self, text: str) -> NDArray[np.int64]:
        """Where each token of `text` begins, in characters: int64 `[token]`, never falling."""
        offsets = self._plain.encode(text, add_special_tokens=False).offsets
        return np.fromiter((start for start, _ in offsets), dtype=np.int64, count=len(offsets))

    def branch(self, options: tuple[str, str]) -> tuple[list[int], list[int], list[int]]:
        """Tokens that two continuations share, then each one's own: they differ in the first.

        Raises:
            ModelError: to this tokenizer one of them is the beginning of the other.
        """
        first, second = map(self.markup, options)
        shared = 0
        while shared < min(len(first), len(second)) and first[shared] == second[shared]:
            shared += 1
        if shared == min(len(first), len(second)):
            raise ModelError(f"this model's tokenizer cannot tell {options[0]!r} from {options[1]!r}")
        return first[:shared], first[shared:], second[shared:]

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of tokens, special ones left out."""
        return str(self._markup.decode(list(tokens), skip_special_tokens=True))

    @cached_property
    def end_of_turn(self) -> int:
        """The token with which the model ends a turn of its own."""
        return self.markup(self.chat.to_next)[0]

    @cached_property
    def marks_turns(self) -> bool:
        """Whether turns end with a token that is no word of any text. Without a chat template they may not."""
        return self.end_of_turn in self._markup.get_added_tokens_decoder()

    def ends_turn(self, token: int) -> bool:
        """Whether a model that writes `token` is done: with its turn, or with all text; by a line break, if need be."""
        if token in (self.end_of_turn, self.tokenizer.eos_token_id):
            return True
        return not self.marks_turns and self.decode([token]).startswith("\n")

    @cached_property
    def grammar_tokenizer(self) -> Any:
        """The tokenizer as llguidance wants it (0.4 s for a vocabulary of 49,152, once)."""
        from llguidance import LLTokenizer

        # Its end of text is a token that no grammar writes: it must not be a mere line break.
        end = self.end_of_turn if self.marks_turns else self.tokenizer.eos_token_id
        return LLTokenizer(_to_the_letter(self._plain.to_str()), eos_token=end)


def _spelling_out(markup: Tokenizer, chat: ChatFormat | None) -> Tokenizer:
    """A copy that spells special tokens out. A copy, for the switch is state on a tokenizer, and readings are threads.

    A marker of the chat format that the tokenizer's makers did not call special ends a turn no less: it is special
    here.
    """
    plain = Tokenizer.from_str(markup.to_str())
    written = "".join(astuple(chat)) if chat is not None else ""
    added = [token.content for token in plain.get_added_tokens_decoder().values() if not token.special]
    plain.add_special_tokens([token for token in added if token.strip() and token in written])
    plain.encode_special_tokens = True
    return plain


def _to_the_letter(described: str) -> str:
    """A tokenizer's description by which text is spelled as it stands: what a grammar forces is split by it.

    There is no Unicode normalising in it, but for what marks spaces. And no text is a special token: each of these has
    a name that nobody can write, drawn here.
    """
    parsed = json.loads(described)
    normalizer = parsed["normalizer"]
    if normalizer is not None:
        steps = normalizer["normalizers"] if normalizer["type"] == "Sequence" else [normalizer]
        kept = [step for step in steps if step["type"] in ("Prepend", "Replace")]
        parsed["normalizer"] = {"type": "Sequence", "normalizers": kept} if kept else None
    nonce = secrets.token_hex()
    names = {
        token["content"]: f"{nonce} {token['id']}" for token in parsed["added_tokens"] if token["special"]
    }
    for token in parsed["added_tokens"]:
        token["content"] = names.get(token["content"], token["content"])
    vocab = parsed["model"]["vocab"]
    if isinstance(vocab, dict):
        parsed["model"]["vocab"] = {names.get(piece, piece): number for piece, number in vocab.items()}
    else:
        parsed["model"]["vocab"] = [[names.get(piece, piece), score] for piece, score in vocab]
    return json.dumps(parsed)
