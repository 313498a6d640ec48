import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from transformers import LlamaForCausalLM
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from smoothread_agent.errors import ModelError
from smoothread_agent.model import placement
from smoothread_agent.model.loading import LoadedModel, load_model
from smoothread_agent.model.placement import choose_device, choose_dtype, cpu_multiplies_bf16
from smoothread_agent.model.resolve import resolve
from smoothread_agent.model.rwkv7_network import RWKV7
from tests.model.saved import TEXT, save_gguf, save_model, save_rwkv7, tiny_tokenizer

TOKENS = torch.arange(3, 40)[None]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMOOTHREAD_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved") / "tiny"
    save_model(folder)
    return folder


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(saved, tmp_path / "tiny"))


def opened(folder: Path, **how: object) -> LoadedModel:
    return load_model(resolve(folder), **{"dtype": "fp32", "device": "cpu", **how})


def edit_json(path: Path, **entries: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **entries}))


def edit_weights(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def test_reads_as_transformers_does(saved: Path) -> None:
    loaded = opened(saved)
    plain = LlamaForCausalLM.from_pretrained(saved, dtype=torch.float32).eval()
    with torch.no_grad():
        assert torch.equal(loaded.model(TOKENS).logits, plain(TOKENS).logits)
    assert not loaded.model.training
    assert (loaded.name, loaded.config.model_type) == ("tiny", "llama")


def test_shards_and_gguf_open_too(tmp_path: Path) -> None:
    save_model(tmp_path / "shards", shard_size="50KB")
    model = save_gguf(tmp_path / "tiny.gguf")
    with torch.no_grad():
        expected = model(TOKENS).logits
        assert torch.allclose(opened(tmp_path / "shards").model(TOKENS).logits, expected, atol=1e-5)
        converted = opened(tmp_path / "tiny.gguf")
        assert torch.allclose(converted.model(TOKENS).logits, expected, atol=0.05)  # weights in fp16
    assert converted.tokenizer(TEXT).input_ids == tiny_tokenizer()(TEXT).input_ids


def test_fingerprint_is_of_the_content(saved: Path, folder: Path) -> None:
    first = opened(saved)
    edit_json(folder / "config.json", transformers_version="4.0.0")
    assert opened(folder).fingerprint == first.fingerprint
    assert len(first.fingerprint) == 64
    assert first.short_fingerprint == first.fingerprint[:12]


def change_a_weight(folder: Path) -> None:
    edit_weights(folder, lambda weights: weights["model.norm.weight"].add_(0.1))


def change_the_configuration(folder: Path) -> None:
    edit_json(folder / "config.json", rms_norm_eps=1e-6)


def change_the_tokenizer(folder: Path) -> None:
    text = (folder / "tokenizer.json").read_text()
    (folder / "tokenizer.json").write_text(
        text.replace('"individual_digits": true', '"individual_digits": false')
    )


def change_the_chat_format(folder: Path) -> None:
    (folder / "chat_template.jinja").write_text("{{ messages }}")


def change_a_special_token(folder: Path) -> None:
    edit_json(folder / "tokenizer_config.json", eos_token="<|endoftext|>")


@pytest.mark.parametrize(
    "change",
    [
        change_a_weight,
        change_the_configuration,
        change_the_tokenizer,
        change_the_chat_format,
        change_a_special_token,
    ],
)
def test_fingerprint_changes_with(change: Callable[[Path], None], saved: Path, folder: Path) -> None:
    change(folder)
    assert opened(folder).fingerprint != opened(saved).fingerprint


@pytest.mark.parametrize("declared", ["GPT2Tokenizer", "Qwen2Tokenizer", "LlamaTokenizer", "NeverHeardOf"])
def test_tokenizer_is_what_its_file_says_whatever_class_is_declared(folder: Path, declared: str) -> None:
    edit_json(folder / "tokenizer_config.json", tokenizer_class=declared)
    tokenizer = opened(folder).tokenizer
    text = "x  12\n\n3 apples"
    assert tokenizer(text).input_ids == Tokenizer.from_file(str(folder / "tokenizer.json")).encode(text).ids
    assert tokenizer.decode(tokenizer(text).input_ids) == text
    assert tokenizer.chat_template is not None


def test_long_text_is_no_matter_for_a_warning(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    edit_json(folder / "tokenizer_config.json", model_max_length=256)
    assert len(opened(folder).tokenizer(TEXT * 50).input_ids) > 256
    assert capfd.readouterr() == ("", "")


def test_missing_weights_are_an_error(folder: Path) -> None:
    edit_weights(folder, lambda weights: weights.pop("model.layers.1.mlp.up_proj.weight"))
    with pytest.raises(ModelError, match=r"missing keys: model\.layers\.1\.mlp\.up_proj\.weight"):
        opened(folder)


def test_weights_of_another_size_are_an_error(folder: Path) -> None:
    edit_weights(folder, lambda weights: weights.update({"model.norm.weight": torch.ones(32)}))
    with pytest.raises(ModelError, match="tiny"):
        opened(folder)


def test_damaged_weights_are_an_error(folder: Path) -> None:
    with (folder / "model.safetensors").open("rb+") as file:
        file.truncate(5000)
    with pytest.raises(ModelError, match="cannot be opened"):
        opened(folder)


def test_damaged_tokenizer_is_an_error(folder: Path) -> None:
    (folder / "tokenizer.json").write_text('{"model": 1}')
    with pytest.raises(ModelError, match=r"tokenizer .* cannot be opened"):
        opened(folder)


def test_tokenizer_of_another_model_is_an_error(tmp_path: Path) -> None:
    save_model(tmp_path / "smaller", vocab_size=200)
    with pytest.raises(ModelError, match="do not belong together"):
        opened(tmp_path / "smaller")


def test_tokens_that_were_added_need_no_embedding_unless_they_end_a_text(folder: Path) -> None:
    tokenizer = tiny_tokenizer()
    tokenizer.add_tokens("<image>")
    tokenizer.save_pretrained(folder)
    assert len(opened(folder).tokenizer) == 301
    tokenizer.add_special_tokens({"eos_token": "<end>"})
    tokenizer.save_pretrained(folder)
    with pytest.raises(ModelError, match="do not belong together"):
        opened(folder)


def code_that_must_not_run(folder: Path) -> None:
    (folder / "modeling_theirs.py").write_text("raise SystemExit('code of the model was run')")


def test_unknown_architecture_with_code_of_its_own_is_refused(folder: Path) -> None:
    code_that_must_not_run(folder)
    auto_map = {"AutoConfig": "modeling_theirs.Config", "AutoModelForCausalLM": "modeling_theirs.Model"}
    edit_json(folder / "config.json", model_type="theirs", auto_map=auto_map)
    with pytest.raises(ModelError, match="would run code that comes with the model"):
        opened(folder)


def test_known_architecture_never_runs_code_of_its_own(saved: Path, folder: Path) -> None:
    code_that_must_not_run(folder)
    edit_json(folder / "config.json", auto_map={"AutoModelForCausalLM": "modeling_theirs.Model"})
    edit_json(folder / "tokenizer_config.json", auto_map={"AutoTokenizer": ["modeling_theirs.Tok", None]})
    assert type(opened(folder).model) is LlamaForCausalLM


def test_attention_from_the_hub_is_refused(saved: Path) -> None:
    with pytest.raises(ModelError, match="run from the hub"):
        opened(saved, attn_implementation="someone/attention")


@pytest.mark.parametrize(
    "entry",
    [
        {"_attn_implementation": "someone/attention"},
        {"attn_implementation": {"": "sdpa", "text_config": "someone/attention"}},
        {"_experts_implementation": "someone/experts@main"},
        {"text_config": {"attn_implementation": "someone/attention"}},
    ],
)
def test_configuration_that_asks_for_a_kernel_of_the_hub_is_refused(
    folder: Path, entry: dict[str, Any]
) -> None:
    edit_json(folder / "config.json", **entry)
    with pytest.raises(ModelError, match="run from the hub"):
        opened(folder)


def test_attention_named_in_the_configuration_gives_way(folder: Path) -> None:
    edit_json(folder / "config.json", _attn_implementation="eager")
    assert opened(folder).config._attn_implementation == "sdpa"


def test_registered_attention_is_passed_on(saved: Path) -> None:
    calls: list[str] = []

    def attend(module, query, key, value, *_, **__):
        calls.append(type(module).__name__)
        return value.repeat_interleave(2, dim=1).transpose(1, 2).contiguous(), None

    ALL_ATTENTION_FUNCTIONS.register("loading_test", attend)
    loaded = opened(saved, attn_implementation="loading_test")
    with torch.no_grad():
        loaded.model(TOKENS)
    assert calls == ["LlamaAttention"] * 2
    with pytest.raises(ModelError, match="no_such_attention"):
        opened(saved, attn_implementation="no_such_attention")


def test_model_and_adapter_in_one_folder_are_refused(folder: Path) -> None:
    (folder / "adapter_config.json").write_text("{}")
    with pytest.raises(ModelError, match="mixes a model with an adapter"):
        opened(folder)


def test_loading_prints_nothing(saved: Path, capfd: pytest.CaptureFixture[str]) -> None:
    opened(saved)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("given", "dtype"),
    [("fp32", torch.float32), ("bfloat16", torch.bfloat16), (torch.float16, torch.float16)],
)
def test_dtype_asked_for(saved: Path, given: object, dtype: torch.dtype) -> None:
    model = opened(saved, dtype=given).model
    assert {parameter.dtype for parameter in model.parameters()} == {dtype}
    assert (
        model.model.rotary_emb.inv_freq.dtype == torch.float32
    )  # positions need it, whatever the weights are


def test_dtype_chosen() -> None:
    assert choose_dtype(None, torch.device("cuda")) == torch.bfloat16
    assert choose_dtype(None, torch.device("mps")) == torch.float32
    fast = torch.bfloat16 if cpu_multiplies_bf16() else torch.float32
    assert choose_dtype(None, torch.device("cpu")) == fast


@pytest.mark.parametrize(
    ("capabilities", "fast"),
    [
        ({"avx512_bf16": True}, True),
        ({"amx_bf16": True}, True),
        ({"avx512_f": True, "avx512_bf16": False}, False),
    ],
)
def test_bf16_only_where_the_cpu_has_it(
    capabilities: dict[str, bool], fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placement.torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert cpu_multiplies_bf16() is fast


@pytest.mark.parametrize("dtype", ["int8", "float8", torch.int64, torch.float64])
def test_other_dtypes_are_refused(dtype: object) -> None:
    with pytest.raises(ModelError, match="no dtype to read in"):
        choose_dtype(dtype, torch.device("cpu"))


def test_device(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_device("cpu") == torch.device("cpu")
    with pytest.raises(ModelError, match="is no device"):
        choose_device("toaster")
    with pytest.raises(ModelError, match="CUDA devices are visible"):
        choose_device("cuda:99")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device(None) == torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device(None) == torch.device("cuda")


class TestRWKV7:
    @pytest.fixture
    def rwkv7(self, tmp_path: Path) -> Path:
        return save_rwkv7(tmp_path / "rwkv7")

    def test_opens_with_its_vocabulary_and_the_chat_format_of_its_folder(self, rwkv7: Path) -> None:
        loaded = opened(rwkv7)
        assert isinstance(loaded.model, RWKV7)
        assert loaded.tokenizer.decode(loaded.tokenizer(" the ship").input_ids) == " the ship"
        assert len(loaded.tokenizer(" the ship").input_ids) == 2
        assert loaded.tokenizer.chat_template is None
        (rwkv7 / "tokenizer_config.json").write_text(json.dumps({"chat_template": "{{ messages }}"}))
        again = opened(rwkv7)
        assert again.tokenizer.chat_template == "{{ messages }}"
        assert again.fingerprint != loaded.fingerprint

    def test_a_vocabulary_larger_than_the_model_is_refused(self, rwkv7: Path) -> None:
        with (rwkv7 / "rwkv_vocab_tiny.txt").open("a") as vocabulary:
            vocabulary.write("270 b' men' 4\n")
        with pytest.raises(ModelError, match="do not belong together"):
            opened(rwkv7)
