"""The RWKV World tokenizer: at each place of a text, the longest token that the bytes there begin with.

A vocabulary file has a line a token: its id, a Python literal of its text or bytes, and its length in bytes. What is
built from it is an ordinary fast tokenizer, equal to the author's to the token, which can be saved, counts offsets
and can be written under a grammar: bytes as characters (GPT-2's alphabet), cut by a regular expression in the
form of the vocabulary's trie, then looked up. Taking the longest way through a trie is what a greedy regular
expression does; a text is never searched for merges.
"""

import ast
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from smoothread_agent.errors import ModelError
from smoothread_agent.model.files import VOCABULARY_FILES

END_OF_TEXT = "<|endoftext|>"
"""Token 0, which no text contains: the models are trained to end a document with it."""

_NESTING = 8
"""Bytes into a token from which on the expression lists the rest flatly: readers of expressions bound nesting."""

_SPECIAL = frozenset(r"\.^$*+?{}[]()|-&~#/ ")

_Trie = dict[str, Any]
"""Character to the trie behind it; the key "" marks the end of a token."""


def find_vocabulary(path: Path) -> Path:
    """The vocabulary file at `path`: itself, or the only one in a folder.

    Raises:
        ModelError: there is none, or more than one.
    """
    if path.is_file():
        return path
    found = sorted(path.glob(VOCABULARY_FILES))
    if len(found) != 1:
        raise ModelError(
            f"{path} holds {len(found)} files {VOCABULARY_FILES}, and one is needed: give the vocabulary file itself"
        )
    return found[0]


def read_vocabulary(path: Path) -> dict[int, bytes]:
    """Id to bytes of every token of a vocabulary file.

    Raises:
        ModelError: it is missing or damaged, or it lacks single bytes, so that some texts have no tokens.
    """
    tokens: dict[int, bytes] = {}
    try:
        for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
            if not line:
                continue
            index, _, rest = line.partition(" ")
            literal, _, length = rest.rpartition(" ")
            value = ast.literal_eval(literal)
            token = value.encode() if isinstance(value, str) else bytes(value)
            if len(token) != int(length) or int(index) in tokens or not token:
                raise ValueError(f"line {number}: {line[:60]!r}")
            tokens[int(index)] = token
    except (OSError, ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ModelError(f"{path} is no RWKV vocabulary, or it is damaged: {error}") from error
    single = {token[0] for token in tokens.values() if len(token) == 1}
    if len(set(tokens.values())) != len(tokens) or len(single) != 256 or min(tokens) < 1:
        raise ModelError(
            f"{path} is no RWKV vocabulary, or it is damaged: it holds {len(tokens)} tokens and {len(single)} of the "
            "256 single bytes"
        )
    return tokens


def world_tokenizer(path: Path) -> PreTrainedTokenizerFast:
    """The tokenizer of a vocabulary file, or of the folder that holds it; about a second. Its end of text is token 0.

    Raises:
        ModelError: there is no vocabulary, or it is damaged.
    """
    alphabet = byte_characters()
    words = {
        "".join(alphabet[byte] for byte in token): index
        for index, token in read_vocabulary(find_vocabulary(path)).items()
    }
    tokenizer = Tokenizer(models.WordLevel({END_OF_TEXT: 0, **words}, unk_token=END_OF_TEXT))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            pre_tokenizers.Split(Regex(_expression(_trie(words))), behavior="isolated"),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([END_OF_TEXT])
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, eos_token=END_OF_TEXT, pad_token=END_OF_TEXT, model_max_length=10**30
    )


def byte_characters() -> list[str]:
    """GPT-2's alphabet: the character that stands for each byte, printable and not a space."""
    plain = {*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)}
    others = iter(range(256, 512))
    return [chr(byte) if byte in plain else chr(next(others)) for byte in range(256)]


def _trie(words: dict[str, int]) -> _Trie:
    root: _Trie = {}
    for word in words:
        node = root
        for character in word:
            node = node.setdefault(character, {})
        node[""] = {}
    return root


def _expression(node: _Trie, depth: int = 0) -> str:
    """A regular expression whose match is the longest word of the trie that a text begins with."""
    behind = {character: child for character, child in node.items() if character}
    if not behind:
        return ""
    if depth == _NESTING:
        longest_first = sorted(_words(behind), key=lambda word: (-len(word), word))
        options = ["".join(map(_escaped, word)) for word in longest_first]
    else:
        ends = [character for character, child in behind.items() if set(child) == {""}]
        options = [_one_of(ends)] if ends else []
        options += [
            _escaped(character) + _expression(child, depth + 1)
            for character, child in behind.items()
            if set(child) != {""}
        ]
    group = options[0] if len(options) == 1 and "" not in node else f"(?:{'|'.join(options)})"
    return group + "?" if "" in node else group


def _words(node: _Trie) -> list[str]:
    return [
        character + rest
        for character, child in node.items()
        for rest in (_words(child) if character else [""])
    ]


def _one_of(characters: list[str]) -> str:
    escaped = "".join(map(_escaped, characters))
    return escaped if len(characters) == 1 else f"[{escaped}]"


def _escaped(character: str) -> str:
    return "\\" + character if character in _SPECIAL else character
