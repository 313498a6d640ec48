import shutil
from pathlib import Path

import pytest

from smoothread_agent.errors import ModelError
from smoothread_agent.model import catalog
from smoothread_agent.model.catalog import ModelEntry, list_models, model_info
from smoothread_agent.model.loading import load_model
from smoothread_agent.model.resolve import resolve
from tests.model.saved import save_gguf, save_model

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMOOTHREAD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(catalog, "default_gguf", not_installed)


def not_installed() -> Path:
    raise ModelError("not installed")


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    (tmp_path / "hub").mkdir()
    return tmp_path / "hub"


def add_to_hub(hub: Path, name: str) -> Path:
    repository = hub / f"models--{name.replace('/', '--')}"
    snapshot = repository / "snapshots" / COMMIT
    save_model(snapshot)
    (repository / "blobs").mkdir()
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    return snapshot


def names(entries: list[ModelEntry]) -> list[tuple[str, str]]:
    return [(entry.kind, entry.name) for entry in entries]


def test_nothing_to_list(hub: Path, tmp_path: Path) -> None:
    assert list_models(cache_dir=hub) == []
    assert list_models(cache_dir=tmp_path / "none") == []


def test_lists_default_conversions_and_hub(
    hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_gguf(tmp_path / "a.gguf")
    monkeypatch.setattr(catalog, "default_gguf", lambda: tmp_path / "a.gguf")
    converted = resolve(tmp_path / "a.gguf").folder
    snapshot = add_to_hub(hub, "someone/tiny")
    entries = list_models(cache_dir=hub)
    assert names(entries) == [("package", "smollm2-135m-instruct"), ("gguf", "a"), ("hub", "someone/tiny")]
    assert [entry.path for entry in entries] == [tmp_path / "a.gguf", converted, snapshot]
    assert all(entry.fault is None and entry.nbytes > 100_000 for entry in entries)


def test_faults_are_listed_as_such(hub: Path, tmp_path: Path) -> None:
    save_gguf(tmp_path / "a.gguf")
    converted = resolve(tmp_path / "a.gguf").folder
    (converted / "tokenizer.json").unlink()
    (add_to_hub(hub, "someone/tiny") / "model.safetensors").unlink()
    gguf, hub_entry = list_models(cache_dir=hub)
    assert "tokenizer.json" in str(gguf.fault)
    assert "no weights" in str(hub_entry.fault)


def test_what_was_set_aside_is_not_listed(hub: Path, tmp_path: Path) -> None:
    save_gguf(tmp_path / "a.gguf")
    converted = resolve(tmp_path / "a.gguf").folder
    shutil.copytree(converted, converted.with_name(f"{converted.name}.damaged"))
    shutil.copytree(converted, converted.with_name(f"{converted.name}.part-17"))
    assert names(list_models(cache_dir=hub)) == [("gguf", "a")]


def test_info_tells_what_the_model_is(tmp_path: Path) -> None:
    model = save_model(tmp_path / "tiny", shard_size="50KB")
    info = model_info(tmp_path / "tiny")
    assert info.parameters == sum(parameter.numel() for parameter in model.parameters())
    assert (info.architecture, info.layers, info.heads, info.kv_heads) == ("LlamaForCausalLM", 2, 4, 2)
    assert (info.hidden, info.vocabulary, info.trained_length, info.dtype) == (64, 300, 256, "F32")
    assert info.nbytes == sum(path.stat().st_size for path in (tmp_path / "tiny").iterdir())
    loaded = load_model(resolve(tmp_path / "tiny"), device="cpu", dtype="fp32")
    assert (info.name, info.fingerprint) == (loaded.name, loaded.fingerprint)


def test_info_of_a_gguf_converts_it(tmp_path: Path) -> None:
    save_gguf(tmp_path / "a.gguf")
    told: list[str] = []
    info = model_info(tmp_path / "a.gguf", progress=told.append)
    assert (info.kind, info.dtype, info.layers) == ("gguf", "F16", 2)
    assert told


def test_info_of_damaged_weights_is_an_error(tmp_path: Path) -> None:
    save_model(tmp_path / "tiny")
    (tmp_path / "tiny" / "model.safetensors").write_bytes(b"no")
    with pytest.raises(ModelError, match="damaged"):
        model_info(tmp_path / "tiny")
