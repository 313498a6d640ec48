"""Which recurrent model a loaded one becomes, and what `smoothread model info` says of it before it is loaded."""

import pytest
import torch
import transformers

from smoothread_agent.errors import ModelError
from smoothread_agent.model.choosing import attending, recurrent_model
from smoothread_agent.model.linear_state import LinearStateModel
from smoothread_agent.model.loading import load_model
from smoothread_agent.model.resolve import resolve
from smoothread_agent.model.rwkv7 import RWKV7Model
from smoothread_agent.model.verdict import ONE_BY_ONE, WINDOWED, describe, judge
from smoothread_agent.model.window import PinnedWindowModel
from tests.model.linear_models import tiny_linear
from tests.model.saved import save_model, save_rwkv7, tiny_tokenizer


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SMOOTHREAD_CACHE", str(tmp_path / "cache"))


def saved(folder, model):
    model.save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return folder


def linear(family, **more):
    return tiny_linear(family, vocab_size=300, **more)


def opened(folder, window):
    loaded = load_model(resolve(folder), device="cpu")
    return recurrent_model(loaded.model, fingerprint=loaded.fingerprint, window=window)


def test_what_is_said_of_a_folder_is_true_of_the_model(tmp_path):
    folders = {
        PinnedWindowModel: tmp_path / "llama",
        LinearStateModel: saved(tmp_path / "qwen", linear("qwen3_next")),
        RWKV7Model: save_rwkv7(tmp_path / "rwkv"),
    }
    save_model(tmp_path / "llama", max_position_embeddings=4096)
    for form, folder in folders.items():
        verdict = judge(folder, window=100)
        model = opened(folder, window=verdict.window or 100)
        assert isinstance(model, form)
        assert verdict == describe(model)


def test_a_transformer_is_supported_by_windowing_and_says_what_that_costs(tmp_path):
    save_model(tmp_path / "tiny", max_position_embeddings=8192)
    verdict = judge(tmp_path / "tiny")
    assert (verdict.support, verdict.memory, verdict.windowed) == (
        "supported by windowing",
        "pinned window",
        "2 of 2 layers",
    )
    assert (verdict.window, verdict.note) == (1024, WINDOWED)


def test_the_window_is_no_larger_than_the_model_was_trained_for(tmp_path):
    save_model(tmp_path / "tiny", max_position_embeddings=256)
    assert judge(tmp_path / "tiny").window == 64


def test_layers_with_a_window_of_their_own_keep_it(tiny, tmp_path):
    verdict = judge(saved(tmp_path / "gemma", tiny("gemma3")))
    assert (verdict.support, verdict.windowed) == ("supported by windowing", "1 of 3 layers")
    assert "2 layers keep a smaller one of their own" in verdict.memory
    verdict = judge(saved(tmp_path / "mistral", tiny("mistral, sliding")))
    assert (verdict.support, verdict.windowed, verdict.note) == ("supported", "0 of 3 layers", None)


def test_states_are_supported_and_hybrids_by_windowing(tmp_path):
    verdict = judge(saved(tmp_path / "mamba2", linear("mamba2")))
    assert (verdict.support, verdict.memory, verdict.windowed) == (
        "supported",
        "linear state",
        "0 of 4 layers",
    )
    assert (verdict.window, verdict.note) == (None, None)
    verdict = judge(saved(tmp_path / "jamba", linear("jamba")))
    assert (verdict.support, verdict.windowed) == ("supported by windowing", "2 of 4 layers")
    assert verdict.note == f"{ONE_BY_ONE}; {WINDOWED}"


def test_no_weight_is_read(tmp_path):
    folder = saved(tmp_path / "mamba2", linear("mamba2"))
    known = judge(folder)
    (folder / "model.safetensors").write_bytes(b"no")
    assert judge(folder) == known


REFUSED = {
    "no rotary attention": transformers.GPT2Config(n_layer=2, n_embd=32, n_head=4, vocab_size=97),
    "on the model": transformers.RecurrentGemmaConfig(
        num_hidden_layers=3, hidden_size=32, num_attention_heads=4, intermediate_size=48, vocab_size=97
    ),
    "RWKV-4": transformers.RwkvConfig(num_hidden_layers=2, hidden_size=32, attention_hidden_size=32, vocab_size=97),
    "compressed": transformers.KimiLinearConfig(
        num_hidden_layers=2, hidden_size=32, vocab_size=97, pad_token_id=0
    ),
    "another shape": transformers.DeepseekV3Config(
        num_hidden_layers=2, hidden_size=32, num_attention_heads=4, num_key_value_heads=4, vocab_size=97,
        q_lora_rank=8, kv_lora_rank=8, qk_rope_head_dim=8, qk_nope_head_dim=8, v_head_dim=12,
        intermediate_size=48, moe_intermediate_size=16, n_routed_experts=4, n_group=1, topk_group=1,
        num_experts_per_tok=2,
    ),
    "chunked_attention": transformers.Llama4TextConfig(
        num_hidden_layers=4, hidden_size=32, num_attention_heads=4, num_key_value_heads=2, head_dim=8,
        intermediate_size=48, intermediate_size_mlp=48, num_local_experts=2, vocab_size=97,
    ),
    "no model of text": transformers.ViTConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=2),
}  # fmt: skip


@pytest.mark.parametrize("reason", sorted(REFUSED))
def test_a_model_that_cannot_be_read_is_refused_with_the_reason(reason, tmp_path):
    REFUSED[reason].save_pretrained(tmp_path)
    verdict = judge(tmp_path)
    assert (verdict.support, verdict.memory, verdict.state_bytes) == ("refused", None, None)
    assert reason in verdict.note


def test_a_linear_model_nobody_checked_is_refused():
    model = linear("lfm2")
    model.config.model_type = "lfm9"
    with pytest.raises(ModelError, match="lfm9 keep a linear state, and were never checked here"):
        recurrent_model(model, fingerprint="x", window=20)


def test_a_model_without_attention_is_refused_where_attention_is_needed(tmp_path):
    model = load_model(resolve(save_rwkv7(tmp_path / "rwkv")), device="cpu").model
    with pytest.raises(ModelError, match="RWKV-7 has no attention"):
        attending(model)
    transformer = linear("qwen3_next")
    assert attending(transformer) is transformer


def test_an_unknown_kind_of_recurrent_model_is_a_mistake_of_the_caller():
    with pytest.raises(TypeError):
        describe(torch.nn.Linear(1, 1))
