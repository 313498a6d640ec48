import json
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedModel

from smoothread_agent.errors import ModelError
from smoothread_agent.model.adapter import BASE_DIGEST, SETTINGS, WEIGHTS, read_adapter
from smoothread_agent.model.loading import load_model
from smoothread_agent.model.merge import StoredWeights, merge
from smoothread_agent.model.resolve import resolve
from tests.model.saved import save_model, save_rwkv7, tiny_model

Change = Callable[[dict[str, object]], object]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMOOTHREAD_CACHE", str(tmp_path / "cache"))


def save_adapter(
    folder: Path, base: PreTrainedModel, *, save_embedding_layers: bool | str = "auto", **settings: object
) -> PreTrainedModel:
    """Let PEFT make an adapter with random weights, save it and merge it; gives the merged model."""
    peft = pytest.importorskip("peft")
    torch.manual_seed(1)
    config = peft.LoraConfig(**{"r": 4, "lora_alpha": 16, "init_lora_weights": False, **settings})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PEFT's remarks on layouts
        model = peft.get_peft_model(base, config)
        model.save_pretrained(folder, save_embedding_layers=save_embedding_layers)
        return model.merge_and_unload()


def plain_adapter(folder: Path) -> Path:
    save_adapter(folder, tiny_model(), target_modules=["q_proj", "down_proj"])
    return folder


def edit_settings(folder: Path, **settings: object) -> None:
    path = folder / SETTINGS
    path.write_text(json.dumps({**json.loads(path.read_text()), **settings}))


def edit_weights(folder: Path, change: Change, metadata: dict[str, str] | None = None) -> None:
    weights = load_file(folder / WEIGHTS)
    change(weights)
    save_file(weights, folder / WEIGHTS, metadata=metadata)


def merged(base: PreTrainedModel, adapter: Path) -> PreTrainedModel:
    merge(base, read_adapter(adapter), StoredWeights([]))
    return base


LLAMA_LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"use_rslora": True},
        {
            "rank_pattern": {"q_proj": 2, "layers.1.mlp.down_proj": 8},
            "alpha_pattern": {"q_proj": 3, r"^up_proj": 7},
        },
        {"rank_pattern": {"q_proj": 2}, "use_rslora": True, "alpha_pattern": {r".*\.mlp\.up_proj": 5}},
        {"layers_to_transform": [1]},
    ],
    ids=["plain", "rslora", "patterns", "patterns with rslora", "one layer"],
)
def test_merges_as_peft_does(tmp_path: Path, settings: dict[str, object]) -> None:
    expected = save_adapter(tmp_path, tiny_model(), target_modules=LLAMA_LINEAR, **settings)
    ours = dict(merged(tiny_model(), tmp_path).named_parameters())
    base = dict(tiny_model().named_parameters())
    changed = [name for name, weight in expected.named_parameters() if not torch.equal(weight, base[name])]
    assert len(changed) == 7 * (1 if "layers_to_transform" in settings else 2)
    for name, weight in expected.named_parameters():
        torch.testing.assert_close(ours[name], weight, rtol=1e-5, atol=1e-6)  # another order of fp32 sums


def test_merges_transposed_layers_as_peft_does(tmp_path: Path) -> None:
    def gpt2() -> GPT2LMHeadModel:
        torch.manual_seed(0)
        return GPT2LMHeadModel(
            GPT2Config(vocab_size=60, n_positions=32, n_embd=16, n_layer=2, n_head=2)
        ).eval()

    expected = save_adapter(tmp_path, gpt2(), target_modules=["c_attn", "c_fc"], fan_in_fan_out=True)
    ours = dict(merged(gpt2(), tmp_path).named_parameters())
    for name, weight in expected.named_parameters():
        torch.testing.assert_close(ours[name], weight, rtol=1e-5, atol=1e-6)


def test_loaded_with_adapter_reads_as_peft_does(tmp_path: Path) -> None:
    base = save_model(tmp_path / "base")
    expected = save_adapter(tmp_path / "lora", base, target_modules=LLAMA_LINEAR)
    files = resolve(tmp_path / "base")
    loaded = load_model(files, dtype="fp32", device="cpu", adapter=tmp_path / "lora")
    tokens = torch.arange(3, 40)[None]
    with torch.no_grad():
        torch.testing.assert_close(loaded.model(tokens).logits, expected(tokens).logits, rtol=1e-4, atol=1e-4)
    assert loaded.name == "base+lora"


def test_in_bf16_the_sum_is_rounded_once(tmp_path: Path) -> None:
    base = save_model(tmp_path / "base")
    expected = save_adapter(tmp_path / "lora", base, target_modules=LLAMA_LINEAR, lora_alpha=0.01)
    loaded = load_model(resolve(tmp_path / "base"), dtype="bf16", device="cpu", adapter=tmp_path / "lora")
    same = total = 0
    for name, weight in expected.named_parameters():
        same += int((loaded.model.get_parameter(name) == weight.bfloat16()).sum())
        total += weight.numel()
    assert same / total > 0.9999  # the rest: fp32 sums in another order, at the edge between two bf16 numbers


def test_fingerprint_tells_adapters_apart(tmp_path: Path) -> None:
    save_model(tmp_path / "base")
    files = resolve(tmp_path / "base")
    lora = plain_adapter(tmp_path / "lora")

    def fingerprint(adapter: Path | None) -> str:
        return load_model(files, dtype="fp32", device="cpu", adapter=adapter).fingerprint

    first = fingerprint(lora)
    assert first == fingerprint(lora) != fingerprint(None)
    edit_settings(lora, peft_version="0.0.1", base_model_name_or_path="elsewhere", lora_dropout=0.1)
    assert fingerprint(lora) == first
    edit_settings(lora, lora_alpha=17)
    assert fingerprint(lora) != first


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"use_dora": True}, "use_dora"),
        ({"bias": "lora_only"}, "bias"),
        ({"lora_bias": True}, "lora_bias"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"init_lora_weights": "pissa"}, "init_lora_weights"),
        ({"layer_replication": [[0, 2]]}, "layer_replication"),
        ({"trainable_token_indices": [1]}, "trainable_token_indices"),
        ({"a_setting_of_tomorrow": 3}, "a_setting_of_tomorrow"),
        ({"peft_type": "LOHA"}, "LOHA"),
        ({"r": "many"}, "no LoRA configuration"),
    ],
)
def test_what_a_merge_cannot_do_is_refused(
    tmp_path: Path, settings: dict[str, object], complaint: str
) -> None:
    lora = plain_adapter(tmp_path)
    edit_settings(lora, **settings)
    with pytest.raises(ModelError, match=complaint):
        read_adapter(lora)


Q_A = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"
Q_B = Q_A.replace("lora_A", "lora_B")


def rename_layer(weights: dict[str, torch.Tensor]) -> None:
    for name in (Q_A, Q_B):
        weights[name.replace("layers.0", "layers.7")] = weights.pop(name)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda w: w.pop(Q_B), "only one half"),
        (rename_layer, "another model.*layers.7"),
        (lambda w: w.update({Q_A: torch.ones(4, 32)}), r"shape \[64, 32\]"),
        (lambda w: w.update({Q_A: torch.full((4, 64), torch.nan)}), "no numbers"),
        (lambda w: w.update({Q_A: torch.ones(3, 64)}), "rank 4 is expected"),
        (lambda w: w.update({"base_model.model.lm_head.weight": torch.ones(1)}), "more than LoRA pairs"),
        (lambda w: w.clear(), "no LoRA weights"),
    ],
)
def test_weights_that_do_not_fit_are_refused(tmp_path: Path, change: Change, complaint: str) -> None:
    lora = plain_adapter(tmp_path)
    edit_weights(lora, change)
    with pytest.raises(ModelError, match=complaint):
        merged(tiny_model(), lora)


def test_shared_embeddings_are_not_changed(tmp_path: Path) -> None:
    untied = tiny_model(tie_word_embeddings=False)
    save_adapter(tmp_path, untied, target_modules=["lm_head"], save_embedding_layers=False)
    with pytest.raises(ModelError, match="shares its weights with the embeddings"):
        merged(tiny_model(), tmp_path)
    merged(tiny_model(tie_word_embeddings=False), tmp_path)


def test_adapter_for_other_weights_is_refused(tmp_path: Path) -> None:
    save_model(tmp_path / "base")
    files = resolve(tmp_path / "base")
    lora = plain_adapter(tmp_path / "lora")
    edit_weights(lora, lambda w: None, metadata={BASE_DIGEST: files.weights_digest})
    load_model(files, dtype="fp32", device="cpu", adapter=lora)
    edit_weights(lora, lambda w: None, metadata={BASE_DIGEST: "0" * 64})
    with pytest.raises(ModelError, match="trained on other weights"):
        load_model(files, dtype="fp32", device="cpu", adapter=lora)


def test_pickled_adapter_is_refused(tmp_path: Path) -> None:
    lora = plain_adapter(tmp_path)
    (lora / WEIGHTS).rename(lora / "adapter_model.bin")
    with pytest.raises(ModelError, match="pickled weights are never opened"):
        read_adapter(lora)


def test_missing_and_damaged_files_are_clear_errors(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such folder"):
        read_adapter(tmp_path / "none")
    with pytest.raises(ModelError, match=SETTINGS):
        read_adapter(tmp_path)
    lora = plain_adapter(tmp_path / "lora")
    (lora / WEIGHTS).write_bytes(b"not safetensors")
    with pytest.raises(ModelError, match="cannot be read"):
        read_adapter(lora)


def test_rwkv7_takes_no_adapter(tmp_path: Path) -> None:
    adapter = plain_adapter(tmp_path / "lora")
    with pytest.raises(ModelError, match="takes no adapter"):
        load_model(resolve(save_rwkv7(tmp_path / "rwkv7")), dtype="fp32", device="cpu", adapter=adapter)
