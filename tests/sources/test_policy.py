import contextlib
import os
import signal
import socket
import sys
from pathlib import Path

import pytest

from smoothread_agent.errors import SourceError
from smoothread_agent.sources import AccessPolicy, TooLargeError, load_source, policy

posix = pytest.mark.skipif(sys.platform == "win32", reason="links and special files are POSIX matters")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An allowed folder with a file, beside a folder with a secret."""
    (tmp_path / "docs" / "sub").mkdir(parents=True)
    (tmp_path / "docs" / "sub" / "a.txt").write_text("allowed", encoding="utf-8")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key.txt").write_text("secret", encoding="utf-8")
    return tmp_path / "docs"


@pytest.fixture(params=["walking", "by name"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to open: by descriptors, and by name where the system has no such descriptors."""
    if request.param == "by name":
        monkeypatch.setattr(policy, "_WALKS", False)
    elif not policy._WALKS:
        pytest.skip("this system cannot walk by descriptor")
    return str(request.param)


def taken(path: Path | str, root: Path) -> str:
    return load_source(Path(path), allowed_roots=[root]).text


@pytest.mark.usefixtures("way")
class TestAllowed:
    def test_a_file_within_by_any_name(self, root: Path) -> None:
        assert taken(root / "sub" / "a.txt", root) == "allowed"
        assert taken(root / "sub" / ".." / "sub" / "a.txt", root) == "allowed"

    def test_a_relative_name_is_looked_up_in_the_root(self, root: Path) -> None:
        assert taken("sub/a.txt", root) == "allowed"

    def test_a_relative_name_is_looked_up_in_the_working_folder_first(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(root / "sub")
        (root / "a.txt").write_text("the root's", encoding="utf-8")
        assert taken("a.txt", root) == "allowed"

    @posix
    def test_a_link_that_stays_within(self, root: Path) -> None:
        (root / "link.txt").symlink_to(root / "sub" / "a.txt")
        (root / "folder").symlink_to(root / "sub")
        assert taken(root / "link.txt", root) == "allowed"
        assert taken(root / "folder" / "a.txt", root) == "allowed"

    def test_a_folder(self, root: Path) -> None:
        assert taken(root, root) == "allowed"

    @posix
    def test_a_root_that_is_a_link_means_where_it_leads(self, root: Path, tmp_path: Path) -> None:
        (tmp_path / "alias").symlink_to(root)
        assert taken(root / "sub" / "a.txt", tmp_path / "alias") == "allowed"
        assert taken(tmp_path / "alias" / "sub" / "a.txt", tmp_path / "alias") == "allowed"


@pytest.mark.usefixtures("way")
class TestRefused:
    @pytest.mark.parametrize("name", ["../secret/key.txt", "sub/../../secret/key.txt", "../secret", ".."])
    def test_a_way_up_and_out(self, root: Path, name: str) -> None:
        with pytest.raises(SourceError, match="lies outside the folders that may be read"):
            taken(root / name, root)
        with pytest.raises(SourceError, match="lies outside the folders that may be read"):
            taken(name, root)

    def test_a_folder_whose_name_begins_like_the_roots(self, root: Path, tmp_path: Path) -> None:
        (tmp_path / "docs-secret").mkdir()
        (tmp_path / "docs-secret" / "b.txt").write_text("secret", encoding="utf-8")
        with pytest.raises(SourceError, match="outside"):
            taken(tmp_path / "docs-secret" / "b.txt", root)

    @posix
    def test_links_that_lead_out(self, root: Path, tmp_path: Path) -> None:
        (root / "file.txt").symlink_to(tmp_path / "secret" / "key.txt")
        (root / "folder").symlink_to(tmp_path / "secret")
        (root / "chain.txt").symlink_to(root / "file.txt")
        for name in ("file.txt", "folder/key.txt", "chain.txt", "folder"):
            with pytest.raises(SourceError, match="outside"):
                taken(root / name, root)

    def test_a_file_outside_in_the_same_words_whether_it_exists_or_not(
        self, root: Path, tmp_path: Path
    ) -> None:
        told = []
        for name in ("key.txt", "none.txt"):
            with pytest.raises(SourceError) as caught:
                taken(tmp_path / "secret" / name, root)
            told.append(str(caught.value).replace(name, ""))
        assert told[0] == told[1]

    def test_everything_where_no_root_is_given(self, root: Path) -> None:
        with pytest.raises(SourceError, match="outside"):
            load_source(root / "sub" / "a.txt", allowed_roots=[])

    @posix
    def test_what_is_no_file_without_waiting_for_it(self, root: Path) -> None:
        os.mkfifo(root / "pipe")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(root / "s"))
            for special in (root / "pipe", root / "s", Path(os.devnull)):
                with pytest.raises(SourceError, match="a device, a socket or a pipe"):
                    load_source(special)

    @pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
    def test_the_kernels_folders_under_a_root_that_holds_them(self) -> None:
        for path in ("/proc/self/environ", "/proc/self/root/proc/self/environ", "/dev/stdin", "/sys"):
            with pytest.raises(SourceError, match=r"outside|device"):
                load_source(Path(path), allowed_roots=["/"])

    @posix
    def test_a_link_that_leads_in_a_circle(self, root: Path) -> None:
        (root / "a").symlink_to(root / "b")
        (root / "b").symlink_to(root / "a")
        with pytest.raises(SourceError, match=r"circle|cannot be opened"):
            taken(root / "a", root)

    def test_missing_and_impossible_names(self, root: Path) -> None:
        with pytest.raises(SourceError, match=r"none\.txt does not exist") as caught:
            taken(root / "none.txt", root)
        assert isinstance(caught.value.__cause__, FileNotFoundError)
        with pytest.raises(SourceError, match="does not exist"):
            taken(root / "sub" / "a.txt" / "b", root)
        with pytest.raises(SourceError, match="is no file name"):
            taken(root / "a\0b", root)

    def test_a_root_that_is_no_folder(self, root: Path) -> None:
        with pytest.raises(SourceError, match="is no folder"):
            AccessPolicy([root / "none"])


@posix
@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("swapped", ["file", "folder"])
def test_a_link_put_there_between_the_check_and_the_opening_leads_nowhere(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, swapped: str
) -> None:
    (tmp_path / "secret" / "a.txt").write_text("secret", encoding="utf-8")
    locate = AccessPolicy._locate

    def locate_then_swap(self: AccessPolicy, path: Path) -> tuple[Path, Path]:
        located = locate(self, path)
        if swapped == "file":
            (root / "sub" / "a.txt").unlink()
            (root / "sub" / "a.txt").symlink_to(tmp_path / "secret" / "key.txt")
        else:
            (root / "sub").rename(root / "moved")
            (root / "sub").symlink_to(tmp_path / "secret")
        return located

    monkeypatch.setattr(AccessPolicy, "_locate", locate_then_swap)
    with pytest.raises(SourceError):
        taken(root / "sub" / "a.txt", root)


@posix
@pytest.mark.skipif(not policy._WALKS, reason="needs walking by descriptor")
def test_a_folder_that_becomes_a_link_while_its_files_are_read_leads_nowhere(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "sub" / "deep").mkdir()
    (root / "sub" / "deep" / "a.txt").write_text("allowed", encoding="utf-8")
    (tmp_path / "secret" / "deep").mkdir()
    (tmp_path / "secret" / "deep" / "a.txt").write_text("secret", encoding="utf-8")
    locate = AccessPolicy._locate

    def locate_then_swap(self: AccessPolicy, path: Path) -> tuple[Path, Path]:
        located = locate(self, path)
        if path.name == "a.txt":
            (root / "sub").rename(root / "moved")
            (root / "sub").symlink_to(tmp_path / "secret")
        return located

    monkeypatch.setattr(AccessPolicy, "_locate", locate_then_swap)
    with pytest.raises(SourceError, match="without a file that can be read"):
        taken(root / "sub" / "deep", root)


@posix
def test_a_pipe_put_there_after_the_check_is_not_waited_for(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse = policy._refuse_special

    def refuse_then_swap(status: os.stat_result, shown: str) -> None:
        refuse(status, shown)
        (root / "sub" / "a.txt").unlink()
        os.mkfifo(root / "sub" / "a.txt")

    def waited(*_: object) -> None:
        raise TimeoutError("opening the pipe waited for a writer")

    monkeypatch.setattr(policy, "_refuse_special", refuse_then_swap)
    before = signal.signal(signal.SIGALRM, waited)
    signal.alarm(10)
    try:
        with pytest.raises(SourceError, match="a device, a socket or a pipe"):
            taken(root / "sub" / "a.txt", root)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def test_no_descriptor_stays_open(root: Path, tmp_path: Path) -> None:
    folder = Path("/proc/self/fd")
    if not folder.exists():
        pytest.skip("needs /proc")
    before = len(list(folder.iterdir()))
    for path in (root, root / "sub" / "a.txt", root / "none.txt", tmp_path / "secret" / "key.txt"):
        with contextlib.suppress(SourceError):
            taken(path, root)
    assert len(list(folder.iterdir())) == before


def test_a_file_that_grows_while_it_is_read_is_still_bounded(root: Path) -> None:
    file = root / "sub" / "a.txt"
    with AccessPolicy().open(file) as opened:
        file.write_text("longer than it was", encoding="utf-8")
        with pytest.raises(TooLargeError, match=r"a\.txt is larger than 10 bytes"):
            opened.read(10)
    with pytest.raises(TooLargeError):
        load_source(file, max_size=10)
