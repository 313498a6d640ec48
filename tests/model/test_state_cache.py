"""How a model is handed its cache. What becomes of it is in `test_linear_state.py`, with every family."""

from types import SimpleNamespace

import pytest
import transformers

from smoothread_agent.errors import ModelError
from smoothread_agent.model.state_cache import cache_keyword


@pytest.mark.parametrize(
    ("forward", "keyword"),
    [
        (lambda input_ids, cache=None, **more: None, "cache"),
        (lambda input_ids, past_key_values=None, **more: None, "past_key_values"),
        (lambda input_ids, cache_params=None, **more: None, "cache_params"),
        (lambda input_ids, past_key_values=None, cache=None, **more: None, "cache"),
    ],
    ids=["since 5.24", "before it", "before it, no attention", "both at once"],
)
def test_the_keyword_is_the_one_that_forward_names(forward, keyword):
    assert cache_keyword(SimpleNamespace(forward=forward)) == keyword


def test_a_model_that_would_drop_its_cache_is_refused():
    config = transformers.OpenAIGPTConfig(vocab_size=11, n_embd=8, n_layer=1, n_head=1)
    with pytest.raises(ModelError, match="OpenAIGPTLMHeadModel takes no cache"):
        cache_keyword(transformers.OpenAIGPTLMHeadModel(config))
