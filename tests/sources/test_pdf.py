import io
from collections.abc import Callable

import pypdf
import pytest

from smoothread_agent.errors import SourceError
from smoothread_agent.sources import MissingExtraError, TooLargeError, load_source
from smoothread_agent.sources.pdf import pdf_source
from tests.sources.pdf_writer import shown, text_pdf, write_pdf

BOOK = text_pdf("The tide of Ravel is 42 feet.\nIt turns at noon.", "Second (page).", "Third page.")


def test_every_character_lies_on_its_page() -> None:
    source = pdf_source(BOOK, "tides.pdf", limit=1000)
    assert source.text == "The tide of Ravel is 42 feet.\nIt turns at noon.\n\nSecond (page).\n\nThird page."
    assert [(page.number, page.label) for page in source.pages] == [(1, ""), (2, ""), (3, "")]
    for quote, number in (("42 feet", 1), ("noon.", 1), ("Second", 2), ("(page)", 2), ("Third page.", 3)):
        page = source.page_at(source.text.index(quote))
        assert page is not None
        assert page.number == number
    assert source.media_type == "application/pdf"


def test_a_page_without_text_is_named_and_the_others_keep_their_numbers() -> None:
    source = pdf_source(text_pdf("One.", "", "Three."), "gaps.pdf", limit=1000)
    assert [page.number for page in source.pages] == [1, 3]
    assert [str(missing) for missing in source.skipped] == ["page 2: no text: blank, or an image"]


def test_words_set_apart_by_gaps_alone_keep_their_spaces() -> None:
    # The width told for code 32 is that of some other glyph, as in fonts numbered by glyphs.
    run = "[(lines) -207 (con) 15 (sisting) -207 (of) -340 (spaces)] TJ"
    source = pdf_source(write_pdf([[run]], widths={32: 900}), "gaps.pdf", limit=1000)
    assert source.text == "lines consisting of spaces"


def test_kerning_within_a_word_makes_no_space() -> None:
    source = pdf_source(write_pdf([["[(A) -80 (V) 120 (ATAR) -110 (S)] TJ"]]), "kerned.pdf", limit=1000)
    assert source.text == "AVATARS"


def test_a_scan_says_that_it_needs_ocr() -> None:
    with pytest.raises(SourceError, match=r"scan\.pdf holds no text on its 2 pages: .*OCR"):
        pdf_source(text_pdf("", ""), "scan.pdf", limit=1000)


def _encrypted(password: str) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(BOOK))
    writer.encrypt(user_password=password, owner_password="owner", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_file_locked_with_a_password_is_refused_in_clear_words() -> None:
    with pytest.raises(SourceError, match=r"locked\.pdf is locked with a password: save a copy without it"):
        pdf_source(_encrypted("secret"), "locked.pdf", limit=1000)


def test_a_file_that_only_forbids_copying_is_read() -> None:
    assert pdf_source(_encrypted(""), "open.pdf", limit=1000).text.startswith("The tide of Ravel")


@pytest.mark.parametrize("method", ["decrypt", "pages"])
def test_aes_without_its_package_names_the_package(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    def fail(*_: object) -> None:
        raise pypdf.errors.DependencyError("cryptography>=3.1 is required for AES algorithm")

    monkeypatch.setattr(pypdf.PdfReader, method, property(fail) if method == "pages" else fail)
    with pytest.raises(SourceError, match=r"AES, which needs: pip install 'pypdf\[crypto\]'"):
        pdf_source(_encrypted(""), "aes.pdf", limit=1000)


@pytest.mark.parametrize(
    "data",
    [b"%PDF-1.4\n", BOOK[:200], b"%PDF-1.7 " + bytes(range(256)) * 4, BOOK.replace(b"/Kids", b"/Kitz")],
)
def test_a_damaged_file_is_a_source_error_that_keeps_its_cause(data: bytes) -> None:
    with pytest.raises(SourceError, match=r"broken\.pdf") as caught:
        pdf_source(data, "broken.pdf", limit=1000)
    assert "damaged" in str(caught.value) or "no text" in str(caught.value)


def test_one_page_that_cannot_be_decoded_does_not_lose_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    extract = pypdf.PageObject.extract_text

    def fail_on_second(page: pypdf.PageObject, **told: object) -> str:
        if page.page_number == 1:
            raise KeyError("/Contents")
        return extract(page, **told)

    monkeypatch.setattr(pypdf.PageObject, "extract_text", fail_on_second)
    source = pdf_source(BOOK, "partly.pdf", limit=1000)
    assert [page.number for page in source.pages] == [1, 3]
    assert "page 2: cannot be decoded" in str(source.skipped[0])


def test_the_text_is_bounded() -> None:
    with pytest.raises(TooLargeError, match=r"tides\.pdf is larger than 20 bytes"):
        pdf_source(BOOK, "tides.pdf", limit=20)


def test_without_pypdf_the_extra_is_named(without_package: Callable[[str], None]) -> None:
    without_package("pypdf")
    with pytest.raises(MissingExtraError, match=r"pip install 'smoothread-agent\[pdf\]'"):
        load_source(BOOK, name="tides.pdf")


def test_flaws_that_pypdf_mends_leave_stderr_alone(capfd: pytest.CaptureFixture[str]) -> None:
    pdf_source(BOOK.replace(b"startxref\n", b"startxref\n9"), "odd.pdf", limit=1000)
    assert capfd.readouterr() == ("", "")


def test_shown_escapes_what_pdf_strings_escape() -> None:
    assert shown(r"a(b)\c") == r"(a\(b\)\\c) Tj"
