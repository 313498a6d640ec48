import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from smoothread_agent.model import cache
from smoothread_agent.model.cache import cache_folder, file_digests, write_durably


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SMOOTHREAD_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """All files were written a while ago."""
    ahead = SimpleNamespace(time_ns=lambda: cache.os.stat(".").st_mtime_ns + 10**18)
    monkeypatch.setattr(cache, "time", ahead)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files whose content was hashed, in order."""
    names: list[str] = []
    real: Callable[[Path], str] = cache._sha256

    def watched(path: Path) -> str:
        names.append(path.name)
        return real(path)

    monkeypatch.setattr(cache, "_sha256", watched)
    return names


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_cache_folder_is_the_users_unless_given(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    assert cache_folder() == folder
    monkeypatch.setenv("SMOOTHREAD_CACHE", "~/somewhere")
    assert cache_folder() == Path.home() / "somewhere"
    monkeypatch.delenv("SMOOTHREAD_CACHE")
    assert "smoothread" in str(cache_folder())


def test_digest_is_sha256(tmp_path: Path) -> None:
    path = write(tmp_path / "a", b"x" * 3_000_000)
    assert file_digests([path]) == {path: hashlib.sha256(b"x" * 3_000_000).hexdigest()}


@pytest.mark.usefixtures("later")
def test_file_is_hashed_once(tmp_path: Path, hashed: list[str]) -> None:
    path = write(tmp_path / "a", b"one")
    assert file_digests([path]) == file_digests([path])
    assert hashed == ["a"]


@pytest.mark.usefixtures("later")
def test_changed_file_is_hashed_again(tmp_path: Path, hashed: list[str]) -> None:
    path = write(tmp_path / "a", b"one")
    before = file_digests([path])[path]
    stat = path.stat()
    write(path, b"two")
    os.utime(
        path, ns=(stat.st_atime_ns, stat.st_mtime_ns)
    )  # as a copying tool would: size and time as before
    assert file_digests([path])[path] == hashlib.sha256(b"two").hexdigest() != before
    assert hashed == ["a", "a"]


def test_file_that_just_changed_is_not_remembered(tmp_path: Path, hashed: list[str]) -> None:
    path = write(tmp_path / "a", b"one")
    file_digests([path])
    file_digests([path])
    assert hashed == ["a", "a"]


@pytest.mark.usefixtures("later")
def test_damaged_record_costs_time_only(tmp_path: Path, folder: Path, hashed: list[str]) -> None:
    path = write(tmp_path / "a", b"one")
    digests = file_digests([path])
    (folder / "digests.json").write_text('{"a": 1')
    assert file_digests([path]) == digests
    assert file_digests([path]) == digests
    assert hashed == ["a", "a"]


@pytest.mark.usefixtures("later")
def test_record_forgets_files_that_are_gone(tmp_path: Path, folder: Path) -> None:
    gone, stays = write(tmp_path / "gone", b"1"), write(tmp_path / "stays", b"2")
    file_digests([gone])
    gone.unlink()
    file_digests([stays])
    record = (folder / "digests.json").read_text()
    assert "stays" in record
    assert "gone" not in record


@pytest.mark.usefixtures("later")
def test_cache_that_cannot_be_written_costs_time_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hashed: list[str]
) -> None:
    path = write(tmp_path / "a", b"one")
    monkeypatch.setenv("SMOOTHREAD_CACHE", str(path / "below-a-file"))
    assert file_digests([path]) == file_digests([path])
    assert hashed == ["a", "a"]


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        file_digests([tmp_path / "none"])


def test_write_durably_replaces_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "new" / "file"
    write_durably(path, b"old")

    def fail(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(cache.os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        write_durably(path, b"new")
    assert path.read_bytes() == b"old"
    assert [left.name for left in path.parent.iterdir()] == ["file"]
