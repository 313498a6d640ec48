import io
import pydoc_data.topics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.documents import Document
from langchain_core.documents.base import Blob

from smoothread_agent.errors import SourceError
from smoothread_agent.sources import TooLargeError, load_source
from tests.sources.pdf_writer import text_pdf

BOOK = text_pdf("One.", "Two.")


@given(st.text(st.characters(codec="utf-8"), min_size=1).map(lambda text: f"two\nlines {text}"))
def test_a_text_is_kept_to_the_character(text: str) -> None:
    assert load_source(text).text == text


def test_what_a_file_holds_decides_not_its_name(tmp_path: Path) -> None:
    (tmp_path / "report").write_bytes(BOOK)
    source = load_source(tmp_path / "report")
    assert (source.media_type, source.name, len(source.pages)) == ("application/pdf", "report", 2)


@pytest.mark.parametrize(
    ("name", "content", "media_type", "text"),
    [
        ("a.txt", b"<p>One\r\ntwo\r", "text/plain", "<p>One\ntwo\n"),
        ("a.md", b"# One\n\n*two*\n", "text/markdown", "# One\n\n*two*\n"),
        ("A.HTML", b"<p>One", "text/html", "One"),
        ("noname", b"\n<!DOCTYPE html><p>One", "text/html", "One"),
        ("a.py", b"<html> = 1", "text/plain", "<html> = 1"),
    ],
)
def test_files(tmp_path: Path, name: str, content: bytes, media_type: str, text: str) -> None:
    (tmp_path / name).write_bytes(content)
    source = load_source(tmp_path / name)
    assert (source.text, source.media_type, source.name, source.pages) == (text, media_type, name, ())
    assert load_source(content, name=name) == source
    with (tmp_path / name).open("rb") as file:
        assert load_source(file) == source


def test_offsets_into_a_text_file_are_those_of_read_text(tmp_path: Path) -> None:
    path = tmp_path / "dos.txt"
    path.write_bytes("Eins\r\nzwölf\rdrei\n".encode())
    assert load_source(path).text == path.read_text(encoding="utf-8")


def test_a_name_given_names_the_source_and_does_not_change_its_format(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(b"<p>One")
    source = load_source(tmp_path / "a.html", name="The manual")
    assert (source.name, source.text) == ("The manual", "One")
    assert load_source(source, name="Other").name == "Other"
    assert load_source(source) is source


def test_a_media_type_tells_what_a_name_does_not() -> None:
    assert load_source("<p>One", media_type="text/html; charset=utf-8").text == "One"
    assert load_source(b"<p>One", media_type="text/html").text == "One"
    assert load_source(b"# One", media_type="text/markdown").media_type == "text/markdown"


def test_open_files_are_read_from_where_they_stand() -> None:
    file = io.StringIO("first\nsecond\n")
    file.readline()
    assert load_source(file).text == "second\n"
    assert load_source(io.BytesIO(BOOK)).media_type == "application/pdf"


class Trickle(io.RawIOBase):
    """Gives three bytes at a time, as a pipe may."""

    def __init__(self) -> None:
        self.left = b"a longer text"

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        piece, self.left = self.left[:3], self.left[3:]
        buffer[: len(piece)] = piece
        return len(piece)


def test_a_stream_that_gives_little_at_a_time_is_read_to_its_end() -> None:
    assert load_source(Trickle()).text == "a longer text"


def test_open_files_that_cannot_be_read(tmp_path: Path) -> None:
    closed = io.StringIO("text")
    closed.close()
    with pytest.raises(SourceError, match="cannot be read from"):
        load_source(closed)
    (tmp_path / "a.txt").write_bytes(b"caf\xe9")
    with (
        (tmp_path / "a.txt").open(encoding="utf-8") as file,
        pytest.raises(SourceError, match=r"a\.txt cannot be"),
    ):
        load_source(file)
    with pytest.raises(TooLargeError):
        load_source(io.StringIO("long text"), max_size=5)


class TestLangChain:
    def test_a_document_is_kept_to_the_character(self) -> None:
        source = load_source(Document("one\r\ntwo", metadata={"source": "a.txt"}))
        assert (source.text, source.name, source.pages) == ("one\r\ntwo", "a.txt", ())

    @pytest.mark.parametrize(
        ("metadata", "number"),
        [
            ({"page": 0}, 1),
            ({"page": 4, "page_label": "iv"}, 5),
            ({"page_number": 3, "page": 9}, 3),
            ({"page": "4"}, None),
            ({"page": True}, None),
            ({"page_number": 0}, None),
            ({}, None),
        ],
    )
    def test_its_page_counts_from_one(self, metadata: dict[str, object], number: int | None) -> None:
        page = load_source(Document("text", metadata=metadata)).page_at(0)
        assert (page and page.number) == number

    def test_the_documents_of_one_file_become_one_source(self) -> None:
        documents = [
            Document(text, metadata={"source": "/x/a.pdf", "page": page})
            for page, text in enumerate(("One.", " ", "Three."))
        ]
        source = load_source(documents)
        assert source.name == "/x/a.pdf"
        assert [(page.number, page.label) for page in source.pages] == [(1, "/x/a.pdf"), (3, "/x/a.pdf")]
        assert [str(missing) for missing in source.skipped] == ["text 2: empty"]

    def test_blobs_of_data(self) -> None:
        assert load_source(Blob.from_data("One\r\n")).text == "One\r\n"
        assert load_source(Blob.from_data(b"One\r\n")).text == "One\n"
        assert load_source(Blob.from_data(BOOK)).media_type == "application/pdf"
        assert load_source(Blob.from_data(b"<p>One", mime_type="text/html")).text == "One"
        assert load_source(Blob.from_data("<p>One", mime_type="text/html")).text == "One"
        assert load_source(Blob.from_data("café".encode("cp1252"), encoding="cp1252")).text == "café"
        assert load_source(Blob.from_data("x", metadata={"source": "where"})).name == "where"

    def test_a_blob_of_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "a.html").write_bytes("<p>café".encode("cp1252"))
        source = load_source(Blob.from_path(tmp_path / "a.html", encoding="cp1252"))
        assert (source.text, source.name) == ("café", "a.html")

    def test_a_blob_opens_no_file_outside_the_roots(self, tmp_path: Path) -> None:
        (tmp_path / "docs").mkdir()
        (tmp_path / "key.txt").write_text("secret", encoding="utf-8")
        blob = Blob.from_path(str(tmp_path / "docs" / ".." / "key.txt"))
        with pytest.raises(SourceError, match="outside"):
            load_source(blob, allowed_roots=[tmp_path / "docs"])


class TestSeries:
    def test_each_value_is_a_part_under_its_name(self, tmp_path: Path) -> None:
        (tmp_path / "a.txt").write_text("from a file", encoding="utf-8")
        values = ["a text", tmp_path / "a.txt", Document("a document", metadata={"title": "T"}), BOOK]
        source = load_source(iter(values))
        assert source.text == "a text\n\n\nfrom a file\n\n\na document\n\n\nOne.\n\nTwo."
        assert [(page.label, page.number) for page in source.pages] == [
            ("text 1", None),
            ("a.txt", None),
            ("T", None),
            ("text 4", 1),
            ("text 4", 2),
        ]
        assert source.name == "4 texts"

    def test_an_endless_series_is_bounded(self) -> None:
        def endless() -> Iterator[str]:
            while True:
                yield "again and again"

        with pytest.raises(TooLargeError, match="the series is larger than 1,000"):
            load_source(endless(), max_size=1000)

    @pytest.mark.parametrize("values", [[], ["", "  "], [Document(" ")]])
    def test_a_series_of_nothing_is_refused(self, values: list[object]) -> None:
        with pytest.raises(SourceError, match=f"holds no text in its {len(values)} items"):
            load_source(values)

    def test_a_list_of_paths_as_text_is_refused(self) -> None:
        with pytest.raises(SourceError, match=r"'a\.pdf' looks like a path"):
            load_source(["a.pdf", "b.pdf"])

    def test_what_cannot_be_read_is_told_by_its_place(self) -> None:
        with pytest.raises(SourceError, match="item 2 of the series is list"):
            load_source(["text", ["nested"]])


@pytest.mark.parametrize("value", [None, 42, {"page_content": "x"}, {"a", "b"}, object()])
def test_what_is_no_source_is_told_what_is(value: object) -> None:
    with pytest.raises(SourceError, match=r"pass text \(str\), a file or folder"):
        load_source(value)


@pytest.mark.parametrize("name", ["a.txt", "a.html", "a.pdf", "a.md"])
def test_empty_files_are_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(SourceError, match=f"{name} is empty"):
        load_source(tmp_path / name)


def test_the_bound_holds_for_every_kind(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("too long", encoding="utf-8")
    for value in (
        "too long",
        b"too long",
        tmp_path / "a.txt",
        Document("too long"),
        Blob.from_data("too long"),
    ):
        with pytest.raises(TooLargeError, match="pass a larger max_size"):
            load_source(value, max_size=7)
        assert load_source(value, max_size=8).text == "too long"


def test_python_s_own_topics_are_read() -> None:
    source = load_source(pydoc_data.topics.topics.values(), name="topics")
    assert len(source.pages) == len(pydoc_data.topics.topics)
    assert len(source.text) > 300_000


def test_sources_import_neither_torch_nor_langchain_nor_the_extras() -> None:
    program = (
        "import sys, smoothread_agent.sources as s; s.load_source('a text'); "
        "print([m for m in ('torch', 'transformers', 'langchain_core', 'bs4', 'pypdf') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
