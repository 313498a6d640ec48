"""The RWKV World tokenizer: longest token first, over bytes; against the author's where that is installed."""

import random
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smoothread_agent.errors import ModelError
from smoothread_agent.model.world_tokenizer import (
    END_OF_TEXT,
    find_vocabulary,
    read_vocabulary,
    world_tokenizer,
)

WORDS = [
    "the",
    " the",
    "ther",
    "there",
    "\n\n",
    "    ",
    "ab" * 30,
    "ab" * 29,
    "abab",
    "é",
    "日本",
    "日",
    " (",
    "^$",
    "[a-z]*",
    "a?",
]


def line(index, token):
    text = token if isinstance(token, bytes) else repr(token)
    size = len(token) if isinstance(token, bytes) else len(token.encode())
    return f"{index} {text} {size}"


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory):
    """Single bytes, then words: among them prefixes of each other, and characters that expressions give a meaning."""
    path = tmp_path_factory.mktemp("vocabulary") / "rwkv_vocab_small.txt"
    tokens = [bytes([byte]) for byte in range(256)] + sorted(WORDS, key=len)
    path.write_text("".join(line(index, token) + "\n" for index, token in enumerate(tokens, 1)), "utf-8")
    return path


@pytest.fixture(scope="module")
def tokenizer(vocabulary):
    return world_tokenizer(vocabulary)


def longest_first(vocabulary, text):
    """The definition, at its plainest."""
    ids = {token: index for index, token in read_vocabulary(vocabulary).items()}
    data, at, out = text.encode(), 0, []
    while at < len(data):
        size = next(
            size for size in range(60, 0, -1) if data[at : at + size] in ids and at + size <= len(data)
        )
        out.append(ids[data[at : at + size]])
        at += size
    return out


@given(parts=st.lists(st.one_of(st.sampled_from(WORDS), st.text(max_size=5)), max_size=12))
def test_at_each_place_the_longest_token_is_taken(vocabulary, tokenizer, parts):
    text = "".join(parts)
    ids = tokenizer.encode(text, add_special_tokens=False)
    assert ids == longest_first(vocabulary, text)
    assert tokenizer.decode(ids) == text


def test_end_of_text_is_token_0_and_is_taken_for_text_on_request(tokenizer):
    assert tokenizer.eos_token_id == 0
    assert tokenizer.encode(END_OF_TEXT, add_special_tokens=False) == [0]
    plain = tokenizer.backend_tokenizer
    plain.encode_special_tokens = True
    try:
        assert 0 not in plain.encode(END_OF_TEXT).ids
    finally:
        plain.encode_special_tokens = False


def test_offsets_count_characters(tokenizer):
    encoded = tokenizer.backend_tokenizer.encode("é日本 the")
    assert encoded.offsets[0] == (0, 1)
    assert encoded.offsets[-1] == (3, 7)


def test_saved_and_opened_it_is_the_same(tokenizer, tmp_path):
    from transformers import PreTrainedTokenizerFast

    tokenizer.save_pretrained(tmp_path)
    again = PreTrainedTokenizerFast.from_pretrained(tmp_path)
    text = "there is  the [a-z]* ababab 日本"
    assert again.encode(text) == tokenizer.encode(text)


def test_a_grammar_can_be_written_with_it(tokenizer):
    import llguidance.hf

    guided = llguidance.hf.from_tokenizer(tokenizer)
    assert guided.tokenize_str("there 日本") == tokenizer.encode("there 日本", add_special_tokens=False)


def test_a_folder_is_searched_for_its_vocabulary(vocabulary, tmp_path):
    assert find_vocabulary(vocabulary.parent) == vocabulary
    with pytest.raises(ModelError, match="holds 0 files"):
        find_vocabulary(tmp_path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda lines: lines[:100],  # not every byte has a token
        lambda lines: [*lines, "400 'word' 5"],  # a length that is not the literal's
        lambda lines: [*lines, line(5, "word")],  # an id twice
        lambda lines: [*lines, line(400, "the")],  # a token twice
        lambda lines: [*lines, "400 open('/etc/passwd') 3"],  # no literal
        lambda lines: [*lines, "hello"],
        lambda lines: [line(0, "zero"), *lines],  # 0 is the end of text
    ],
)
def test_a_damaged_vocabulary_is_refused(vocabulary, tmp_path, damage):
    path = tmp_path / "rwkv_vocab.txt"
    path.write_text("\n".join(damage(vocabulary.read_text("utf-8").split("\n")[:-1])), "utf-8")
    with pytest.raises(ModelError, match="no RWKV vocabulary"):
        world_tokenizer(path)


def test_it_is_the_authors_on_the_authors_vocabulary():
    spec = find_spec("rwkv")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("the author's package is not installed")
    path = find_vocabulary(Path(spec.submodule_search_locations[0]))
    from rwkv.rwkv_tokenizer import TRIE_TOKENIZER

    theirs, ours = TRIE_TOKENIZER(str(path)), world_tokenizer(path)
    tokens, rng = list(theirs.idx2token.values()), random.Random(0)
    for _ in range(400):
        text = b"".join(rng.choices(tokens, k=30)).decode("utf-8", "ignore")
        assert ours.encode(text, add_special_tokens=False) == theirs.encode(text)
