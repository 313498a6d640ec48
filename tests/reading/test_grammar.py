import itertools
import json
from typing import Annotated, Literal

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field
from tokenizers import normalizers
from transformers import PreTrainedTokenizerFast

from smoothread_agent.errors import GrammarError, RequestError
from smoothread_agent.reading.codec import TextCodec
from smoothread_agent.reading.grammar import Guide, line_grammar, quote_grammar, schema_grammar
from smoothread_agent.reading.pieces import runs
from smoothread_agent.reading.quotes import Passage
from tests.model.saved import SPECIAL, tiny_tokenizer
from tests.reading.marking import marking_tokenizer

TALK = 'He said "yes" and\n"no", then <|im_end|>\n<|im_start|>left – 日本語の文章。 😀 e\u0301t\u0301'


def written(guide: Guide, seed: int, vocab: int = 300, most: int = 600) -> list[int]:
    """What a model without a thought in its head writes under a guide."""
    chance = torch.Generator().manual_seed(seed)
    tokens: list[int] = []
    while not guide.done and len(tokens) < most:
        token = int(guide.mask(torch.randn(vocab, generator=chance)).argmax())
        tokens += [token, *guide.take(token)]
    return tokens


def quoted(codec: TextCodec, text: str, seed: int, characters: tuple[int, int] = (4, 300)) -> str:
    stretches = Passage(text, characters[1]).without([])
    tokens = written(Guide(codec.grammar_tokenizer, quote_grammar(stretches, characters), 300), seed)
    assert not set(range(len(SPECIAL))) & set(tokens)
    quote, closing = codec.decode(tokens)[:-2], codec.decode(tokens)[-2:]
    assert closing == '"\n'
    return quote


@pytest.mark.parametrize("seed", range(25))
def test_whatever_the_model_says_a_quote_is_verbatim(codec: TextCodec, seed: int) -> None:
    quote = quoted(codec, TALK, seed)
    start, end = Passage(TALK).locate(quote)
    assert " ".join(TALK[start:end].split()) == quote


@given(text=st.text(min_size=1, max_size=80), seed=st.integers(0, 1000))
@settings(max_examples=120)
def test_any_text_that_is_not_blank_can_be_quoted(codec: TextCodec, text: str, seed: int) -> None:
    if not text.isspace():
        quote = quoted(codec, text, seed)
        assert Passage(text).locate(quote)
        assert min(4, len(Passage(text).line)) <= len(quote)


@given(
    text=st.text(alphabet="abA .\n", min_size=1, max_size=60),
    quotes=st.lists(st.text(alphabet="abA .", min_size=1, max_size=6), max_size=3),
    seed=st.integers(0, 1000),
)
@settings(max_examples=120)
def test_a_quote_is_of_whole_pieces_and_never_spans_what_was_left_out(
    codec: TextCodec, text: str, quotes: list[str], seed: int
) -> None:
    stretches = Passage(text).without(quotes)
    if stretches:
        tokens = written(Guide(codec.grammar_tokenizer, quote_grammar(stretches, (4, 300)), 300), seed)
        quote = codec.decode(tokens).removesuffix('"\n')
        assert any(quote in itertools.accumulate(run) for run in runs(stretches, (4, 300)))
        assert Passage(text).locate(quote)


@pytest.mark.parametrize("characters", [(1, 2), (1, 9), (4, 9), (10, 30)])
def test_a_quote_keeps_its_length(codec: TextCodec, characters: tuple[int, int]) -> None:
    for seed in range(12):
        quote = quoted(codec, "It is a long way to go, they say; I do not know it.", seed, characters)
        assert characters[0] <= len(quote) <= characters[1]


def test_a_shorter_quote_that_begins_a_longer_one_may_go_on_with_its_own_text(codec: TextCodec) -> None:
    stretches = (("One", " two"), ("One too",))
    found = {
        codec.decode(written(Guide(codec.grammar_tokenizer, quote_grammar(stretches, (1, 300)), 300), seed))
        for seed in range(60)
    }
    assert found == {'One"\n', 'One two"\n', 'two"\n', 'One too"\n'}


@pytest.mark.parametrize("text", ["x" * 900, "ab " + "A1b2" * 150 + " cd"], ids=["one word", "long word"])
def test_where_a_word_is_longer_than_a_quote_may_be_a_piece_of_it_is_quoted(
    codec: TextCodec, text: str
) -> None:
    for seed in range(4):
        assert 4 <= len(quoted(codec, text, seed)) <= 300


MANY = {
    "lines": "\n".join(f"a{line} b" for line in range(250)),
    "one line": "all quiet\n" * 200,
    "characters": "x\n" * 500,
    "wide": "日。本。" * 250,
    "code": "}\nreturn x;\n" * 100,
    "words": "word " * 500,
}


@pytest.mark.parametrize("text", MANY.values(), ids=MANY)
def test_a_grammar_of_many_pieces_holds(codec: TextCodec, text: str) -> None:
    assert Passage(text).locate(quoted(codec, text, seed=1))


@pytest.mark.parametrize("text", ["a", "ab", "a b", "日"])
def test_a_text_shorter_than_a_quote_is_quoted_whole(codec: TextCodec, text: str) -> None:
    assert quoted(codec, text, seed=0) == text


def test_what_can_only_go_one_way_is_forced(codec: TextCodec) -> None:
    guide = Guide(codec.grammar_tokenizer, quote_grammar([("alone",)], (4, 300)), 300)
    token = int(guide.mask(torch.zeros(300)).argmax())
    assert codec.decode([token, *guide.take(token)]) == 'alone"\n'
    assert guide.done


def composing_tokenizer() -> PreTrainedTokenizerFast:
    tokenizer = tiny_tokenizer()
    tokenizer.backend_tokenizer.normalizer = normalizers.NFC()
    return tokenizer


@pytest.mark.parametrize(
    "tokenizer", [composing_tokenizer(), marking_tokenizer()], ids=["composing", "marking"]
)
def test_a_tokenizer_that_changes_texts_still_quotes_them_as_they_stand(
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    normalising, text = (
        TextCodec(tokenizer),
        "Cafe\u0301 cre\u0300me\u0301e, \ufdfa and 日本 A\u030angstro\u0308m",
    )
    assert normalising.decode(normalising.plain(text)) != text
    for seed in range(12):
        guide = Guide(normalising.grammar_tokenizer, quote_grammar(Passage(text).without([]), (4, 300)), 400)
        tokens = written(guide, seed, vocab=400)
        quote = normalising.decode(tokens).removesuffix('"\n')
        assert quote in text
        assert len(quote) >= 4


@pytest.mark.parametrize("seed", range(8))
def test_a_line_is_one_line(codec: TextCodec, seed: int) -> None:
    text = codec.decode(written(Guide(codec.grammar_tokenizer, line_grammar(), 300), seed))
    assert text.startswith(" ")
    assert text.endswith("\n")
    assert "\n" not in text[:-1]
    assert 1 <= len(text.strip()) <= 242


def test_a_model_with_more_logits_than_tokens(codec: TextCodec) -> None:
    guide = Guide(codec.grammar_tokenizer, line_grammar(), 999)
    masked = guide.mask(torch.zeros(999))
    assert masked.shape == (999,)
    assert masked[:300].isfinite().any()
    assert not masked[300:].isfinite().any()


def test_leaving_the_grammar_is_an_error_of_ours(codec: TextCodec) -> None:
    guide = Guide(codec.grammar_tokenizer, quote_grammar([("only this",)], (4, 300)), 300)
    with pytest.raises(GrammarError, match="decoding left its grammar"):
        guide.take(codec.plain("z")[0])


class Port(BaseModel):
    model_config = ConfigDict(extra="forbid")
    number: Annotated[int, Field(ge=0, le=65535)]
    protocol: Literal["tcp", "udp"]
    note: Annotated[str, Field(max_length=10)]
    tags: Annotated[list[Literal["a", "b"]], Field(max_length=2)]


@pytest.mark.parametrize("seed", range(10))
def test_json_is_valid_under_its_class(codec: TextCodec, seed: int) -> None:
    guide = Guide(codec.grammar_tokenizer, schema_grammar(Port.model_json_schema()), 300)
    text = codec.decode(written(guide, seed))
    assert Port.model_validate_json(text)
    assert list(json.loads(text)) == ["number", "protocol", "note", "tags"]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "uniqueItems": True, "items": {"type": "string"}},
        {"type": "object", "not": {"type": "null"}},
        {"type": "string", "pattern": "(?=lookahead)"},
    ],
    ids=["uniqueItems", "not", "lookahead"],
)
def test_a_schema_that_no_grammar_can_hold_is_refused_at_once(schema: dict[str, object]) -> None:
    with pytest.raises(RequestError, match="this answer schema cannot be decoded"):
        schema_grammar(schema)
