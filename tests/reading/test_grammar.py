import json
from typing import Annotated, Literal

import pytest
import torch
from pydantic import BaseModel, ConfigDict, Field

from smoothread_agent.errors import GrammarError, RequestError
from smoothread_agent.reading.codec import TextCodec
from smoothread_agent.reading.grammar import Guide, line_grammar, schema_grammar


def written(guide: Guide, seed: int, vocab: int = 300, most: int = 600) -> list[int]:
    """What a model without a thought in its head writes under a guide."""
    chance = torch.Generator().manual_seed(seed)
    tokens: list[int] = []
    while not guide.done and len(tokens) < most:
        token = int(guide.mask(torch.randn(vocab, generator=chance)).argmax())
        tokens += [token, *guide.take(token)]
    return tokens


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
    guide = Guide(codec.grammar_tokenizer, line_grammar(), 300)
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
