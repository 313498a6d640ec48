import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from smoothread_agent.errors import ModelError
from smoothread_agent.model.conversion import MANIFEST, conversions_folder, converted, damage, read_manifest
from smoothread_agent.model.resolve import resolve
from tests.model.saved import save_gguf

CONVERT = """
import sys
from pathlib import Path
from smoothread_agent.model import conversion
{patch}
print(conversion.converted(Path(sys.argv[1]), lambda line: print(line, flush=True)))
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SMOOTHREAD_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def tiny_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    save_gguf(path)
    return path


def start(gguf: Path, patch: str = "") -> subprocess.Popen[str]:
    """A process of its own that converts the file."""
    return subprocess.Popen(
        [sys.executable, "-c", CONVERT.format(patch=patch), str(gguf)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def make(gguf: Path) -> tuple[Path, list[str]]:
    """Convert here; gives the folder and what was told on the way."""
    told: list[str] = []
    return converted(gguf, told.append), told


def lies_in_cache() -> list[str]:
    return sorted(path.name for path in conversions_folder().iterdir() if path.suffix != ".lock")


def test_converts_once_and_says_so(tiny_gguf: Path) -> None:
    folder, told = make(tiny_gguf)
    assert "converting tiny.gguf" in told[0]
    assert make(tiny_gguf) == (folder, [])
    assert lies_in_cache() == [folder.name]


def test_manifest_names_every_file(tiny_gguf: Path) -> None:
    folder, _ = make(tiny_gguf)
    manifest = read_manifest(folder)
    assert manifest is not None
    assert {*manifest.files, MANIFEST} == {path.name for path in folder.iterdir()}
    assert {"model.safetensors", "tokenizer.json", "config.json"} <= set(manifest.files)
    assert manifest.name == "tiny"
    assert manifest.source_size == tiny_gguf.stat().st_size


def test_same_content_elsewhere_is_the_same_conversion(tiny_gguf: Path, tmp_path: Path) -> None:
    folder, _ = make(tiny_gguf)
    copy = tmp_path / "copy.gguf"
    copy.write_bytes(tiny_gguf.read_bytes())
    assert make(copy) == (folder, [])


def test_all_users_of_the_cache_may_read_it(tiny_gguf: Path) -> None:
    folder, _ = make(tiny_gguf)
    assert all(path.stat().st_mode & 0o444 == 0o444 for path in folder.iterdir())


def truncate(folder: Path) -> None:
    with (folder / "model.safetensors").open("rb+") as file:
        file.truncate(1000)


def flip_a_bit(folder: Path) -> None:
    path = folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)


def lose_a_file(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


def spoil_the_manifest(folder: Path) -> None:
    (folder / MANIFEST).write_text("{")


@pytest.mark.parametrize("spoil", [truncate, flip_a_bit, lose_a_file, spoil_the_manifest])
def test_damaged_conversion_is_set_aside_and_made_again(tiny_gguf: Path, spoil) -> None:
    folder, _ = make(tiny_gguf)
    sound = (folder / "model.safetensors").read_bytes()
    spoil(folder)
    assert damage(folder) is not None
    again, told = make(tiny_gguf)
    assert again == folder
    assert "damaged" in told[0]
    assert damage(folder) is None
    assert (folder / "model.safetensors").read_bytes() == sound
    assert lies_in_cache() == [folder.name, f"{folder.name}.damaged"]


def test_two_processes_at_once_convert_once(tiny_gguf: Path) -> None:
    processes = [start(tiny_gguf), start(tiny_gguf)]
    outputs = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    lines = [output.splitlines() for output, _ in outputs]
    assert sum("converting tiny.gguf" in line for told in lines for line in told) == 1
    assert lines[0][-1] == lines[1][-1]
    assert damage(Path(lines[0][-1])) is None


@pytest.fixture
def killed_while_writing(tiny_gguf: Path) -> None:
    """A process was killed with all files written and the manifest still missing."""
    process = start(tiny_gguf, patch="import time; conversion._manifest = lambda *_: time.sleep(600)")
    try:
        deadline = time.monotonic() + 120
        while not any(conversions_folder().glob("*.part-*/tokenizer.json")):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


@pytest.mark.usefixtures("killed_while_writing")
def test_killed_process_leaves_nothing_in_the_way(tiny_gguf: Path) -> None:
    assert any(name for name in lies_in_cache() if ".part-" in name)
    folder, told = make(tiny_gguf)
    assert not any("waiting" in line for line in told)
    assert damage(folder) is None
    assert lies_in_cache() == [folder.name]


def test_full_disk_is_a_clear_error_and_leaves_nothing(tiny_gguf: Path) -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, hard))  # the weights are larger than that
    try:
        with pytest.raises(ModelError, match=r"cannot be written .* SMOOTHREAD_CACHE"):
            make(tiny_gguf)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert lies_in_cache() == []
    assert damage(make(tiny_gguf)[0]) is None


def test_cache_that_cannot_be_written_is_a_clear_error(
    tiny_gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("SMOOTHREAD_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(ModelError, match="SMOOTHREAD_CACHE"):
        make(tiny_gguf)


def test_conversion_is_opened_from_a_cache_that_cannot_be_written(
    tiny_gguf: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = make(tiny_gguf)
    (cache / "digests.json").unlink(missing_ok=True)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("read-only file system")

    monkeypatch.setattr("smoothread_agent.model.cache.write_durably", refuse)
    monkeypatch.setattr("smoothread_agent.model.conversion.write_durably", refuse)
    monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    assert make(tiny_gguf) == (folder, [])


def test_conversion_prints_nothing(tiny_gguf: Path, capfd: pytest.CaptureFixture[str]) -> None:
    resolve(tiny_gguf)
    assert capfd.readouterr() == ("", "")
