import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from smoothread_agent.errors import SourceError
from smoothread_agent.sources import MissingExtraError, Source, TooLargeError, folder, load_source
from smoothread_agent.sources.folder import natural_order
from tests.sources.pdf_writer import text_pdf

posix = pytest.mark.skipif(sys.platform == "win32", reason="links are POSIX matters")


def write(root: Path, **files: str | bytes) -> None:
    """Files by name; `__` stands for a slash, `_` for a dot."""
    for name, content in files.items():
        path = root / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def skipped(source: Source) -> dict[str, str]:
    return {missing.label: missing.reason for missing in source.skipped}


def test_a_manual_in_html_is_read_page_by_page(tmp_path: Path) -> None:
    root = tmp_path / "manual"
    write(
        root,
        ch10_html="<h1>Ten</h1><p>Last.",
        ch2_html="<h1>Two</h1><p>Middle.",
        ch1_html="<h1>One</h1><p>First.",
        style_css="p {}",
        search_js="var x;",
        logo_png=b"\x89PNG\r\n\x1a\n\0\0",
    )
    write(root / "_static", jquery_js="x")
    write(root / "_sources", ch1_rst="One")
    source = load_source(root)
    assert source.text == "# One\n\nFirst.\n\n\n# Two\n\nMiddle.\n\n\n# Ten\n\nLast."
    assert [page.label for page in source.pages] == ["ch1.html", "ch2.html", "ch10.html"]
    page = source.page_at(source.text.index("Middle"))
    assert page is not None
    assert page.label == "ch2.html"
    assert (source.name, source.media_type) == ("manual", "text/html")
    assert sorted(skipped(source)) == ["_sources", "_static", "logo.png", "search.js", "style.css"]


def test_scripts_are_documents_where_there_is_no_web_page(tmp_path: Path) -> None:
    write(tmp_path, a_js="let a = 1", b_css="p {}")
    assert [page.label for page in load_source(tmp_path).pages] == ["a.js", "b.css"]


def test_all_formats_below_a_folder_keep_their_pages(tmp_path: Path) -> None:
    write(tmp_path, b__book_pdf=text_pdf("One.", "Two."), a__x_md="# X", c_txt="C", b__deep__y_txt="Y")
    source = load_source(tmp_path)
    assert [(page.label, page.number) for page in source.pages] == [
        ("a/x.md", None),
        ("b/book.pdf", 1),
        ("b/book.pdf", 2),
        ("b/deep/y.txt", None),
        ("c.txt", None),
    ]
    assert source.media_type == "multipart/mixed"


def test_what_cannot_be_read_is_left_out_and_named(tmp_path: Path) -> None:
    write(
        tmp_path,
        a_txt="Text.",
        bad_txt=b"caf\xe9",
        empty_txt="",
        blank_txt=" \n",
        scan_pdf=text_pdf(""),
        zip_docx=b"PK\x03\x04rest",
        data_bin=b"a\0b",
        _hidden="x",
        _git__config="x",
    )
    source = load_source(tmp_path)
    assert source.text == "Text."
    reasons = skipped(source)
    assert sorted(reasons) == [
        ".git", ".hidden", "bad.txt", "blank.txt", "data.bin", "empty.txt", "scan.pdf", "zip.docx",
    ]  # fmt: skip
    assert reasons[".git"] == reasons[".hidden"] == "hidden"
    assert reasons["bad.txt"].startswith("is not valid UTF-8: byte 0xE9 at position 3")
    assert reasons["data.bin"] == "binary, not text"
    assert "OCR" in reasons["scan.pdf"]
    assert str(tmp_path) not in str(source.skipped)


def test_a_large_binary_file_is_left_out_unread(tmp_path: Path) -> None:
    write(tmp_path, a_txt="Text.", film_mp4=b"\0" * 5000)
    assert skipped(load_source(tmp_path, max_size=100)) == {"film.mp4": "binary, not text"}


def test_an_encoding_for_all_files_makes_no_text_of_the_binary_ones(tmp_path: Path) -> None:
    write(tmp_path, a_txt="café".encode("cp1252"), b_png=b"\x89PNG\r\n\x1a\n")
    source = load_source(tmp_path, encoding="cp1252")
    assert source.text == "café"
    assert list(skipped(source)) == ["b.png"]


@posix
def test_links_are_followed_to_files_within_and_no_further(tmp_path: Path) -> None:
    root = tmp_path / "docs"
    write(root, a_txt="A", _data__b_txt="B", sub__c_txt="C")
    write(tmp_path / "out", key_txt="secret")
    (root / "b.txt").symlink_to(root / ".data" / "b.txt")
    (root / "same.txt").symlink_to(root / "a.txt")
    (root / "loop").symlink_to(root)
    (root / "out.txt").symlink_to(tmp_path / "out" / "key.txt")
    (root / "outside").symlink_to(tmp_path / "out")
    (root / "gone.txt").symlink_to(root / "none.txt")
    source = load_source(root)
    assert [page.label for page in source.pages] == ["a.txt", "b.txt", "sub/c.txt"]
    assert skipped(source) == {
        ".data": "hidden",
        "gone.txt": "does not exist: check the path",
        "loop": "a link to a folder, which is not followed",
        "out.txt": "lies outside the folders that may be read: name a file within them",
        "outside": "lies outside the folders that may be read: name a file within them",
        "same.txt": "the same file as a.txt",
    }


@posix
def test_a_folder_named_by_a_link_is_read(tmp_path: Path) -> None:
    write(tmp_path / "docs", a_txt="A")
    (tmp_path / "link").symlink_to(tmp_path / "docs")
    assert load_source(tmp_path / "link").name == "link"


@posix
@pytest.mark.skipif(sys.platform == "darwin", reason="the file system refuses such names")
def test_a_name_that_is_no_text_can_be_read_and_shown(tmp_path: Path) -> None:
    (tmp_path / "a\udce9.txt").write_text("A", encoding="utf-8")
    assert load_source(tmp_path).pages[0].label == "a?.txt"


def test_a_folder_of_nothing_says_what_was_there(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is a folder without a file that can be read: it is empty"):
        load_source(tmp_path)
    for number in range(5):
        (tmp_path / f"{number}.png").write_bytes(b"\x89PNG")
    with pytest.raises(SourceError, match=r"\(0\.png: an image.*; 2\.png: .*; and 2 more\)"):
        load_source(tmp_path)


def test_the_bound_is_on_the_whole_folder(tmp_path: Path) -> None:
    write(tmp_path, a_txt="a" * 60, b_txt="b" * 60)
    with pytest.raises(TooLargeError):
        load_source(tmp_path, max_size=100)
    assert len(load_source(tmp_path, max_size=126).text) == 123


def test_too_many_files_are_taken_for_a_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "MAX_FILES", 2)
    write(tmp_path, a_txt="a", b_txt="b", sub__c_txt="c")
    with pytest.raises(SourceError, match="holds more than 2 files: name a smaller folder"):
        load_source(tmp_path)


def test_a_missing_extra_is_no_reason_to_leave_a_file_out(
    tmp_path: Path, without_package: Callable[[str], None]
) -> None:
    write(tmp_path, a_txt="A", b_pdf=text_pdf("B"))
    without_package("pypdf")
    with pytest.raises(MissingExtraError, match=r"b\.pdf is a PDF"):
        load_source(tmp_path)


def test_natural_order() -> None:
    names = ["ch10.txt", "Ch2.txt", "ch1/b.txt", "ch1.txt", "appendix.txt", "ch1/a.txt", "2.txt", "10.txt"]
    assert sorted(names, key=natural_order) == [
        "2.txt", "10.txt", "appendix.txt", "ch1/a.txt", "ch1/b.txt", "ch1.txt", "Ch2.txt", "ch10.txt",
    ]  # fmt: skip
