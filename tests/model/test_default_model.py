"""The embedded default model, as it comes out of its package: converted once, then opened from the cache."""

import pytest
import torch
from tokenizers import Tokenizer, pre_tokenizers

from smoothread_agent.model.catalog import model_info
from smoothread_agent.model.loading import LoadedModel, load_model
from smoothread_agent.model.resolve import resolve

pytestmark = pytest.mark.default_model

STEPS = """1. Wash the vegetables under cold water.

2. Cut them into small pieces.

3. Heat the oil in a pan.

4. Add the vegetables and stir for 5 minutes.
"""


@pytest.fixture(scope="module")
def default() -> LoadedModel:
    return load_model(resolve(None), device="cpu", dtype="fp32")


def nats(model: LoadedModel, tokens: list[int]) -> float:
    """How much a text costs the model, in nats."""
    ids = torch.tensor([tokens])
    with torch.inference_mode():
        logits = model.model(ids).logits
    return float(torch.nn.functional.cross_entropy(logits[0, :-1], ids[0, 1:], reduction="sum"))


def test_is_what_it_should_be(default: LoadedModel) -> None:
    info = model_info("default")
    assert (info.name, info.kind) == ("smollm2-135m-instruct", "package")
    assert (info.layers, info.heads, info.kv_heads, info.hidden) == (30, 9, 3, 576)
    assert (info.parameters, info.trained_length, info.vocabulary) == (134_515_008, 8192, 49_152)
    assert info.dtype == "F16"
    assert info.fingerprint == default.fingerprint
    assert default.config.rope_parameters["rope_theta"] == 100_000


def test_knows_what_it_learnt(default: LoadedModel) -> None:
    tokens = torch.tensor([default.tokenizer("The capital of France is").input_ids])
    with torch.inference_mode():
        best = int(default.model(tokens).logits[0, -1].argmax())
    assert default.tokenizer.decode([best]) == " Paris"


def test_speaks_its_chat_format(default: LoadedModel) -> None:
    text = default.tokenizer.apply_chat_template([{"role": "user", "content": "Hi"}], tokenize=False)
    assert "<|im_start|>user\nHi<|im_end|>\n" in text
    assert default.tokenizer.convert_tokens_to_ids(["<|im_start|>", "<|im_end|>"]) == [1, 2]


def test_numbers_are_cut_as_in_training(default: LoadedModel) -> None:
    """The GGUF reader's own way to cut text, GPT-2's, costs the model a sixth more nats on a numbered list."""
    as_gpt2: Tokenizer = Tokenizer.from_str(default.tokenizer.backend_tokenizer.to_str())
    as_gpt2.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    ours = default.tokenizer(STEPS, add_special_tokens=False).input_ids
    theirs = as_gpt2.encode(STEPS, add_special_tokens=False).ids
    assert default.tokenizer.decode(ours) == STEPS
    assert len(ours) < len(theirs)
    assert nats(default, ours) < 0.9 * nats(default, theirs)
