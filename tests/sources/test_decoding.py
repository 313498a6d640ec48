import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smoothread_agent.errors import SourceError
from smoothread_agent.sources.decoding import binary_reason, decode, printable

TEXT = "Café 42 €\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode(), None),
        (TEXT.encode("utf-8-sig"), None),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), None),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), None),
        (codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"), None),
        (codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"), None),
        (TEXT.encode("cp1252"), "cp1252"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-8-sig"), "cp1252"),  # a mark goes before what was passed
    ],
)
def test_text_in_its_encoding(data: bytes, encoding: str | None) -> None:
    assert decode(data, "a.txt", encoding) == TEXT


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_offsets_are_those_of_read_text(text: str) -> None:
    data = text.encode()
    if not data.startswith(codecs.BOM_UTF8) and not binary_reason(data):
        assert decode(data, "a.txt") == text.replace("\r\n", "\n").replace("\r", "\n")


def test_a_wrong_byte_is_told_with_its_place_and_what_to_do() -> None:
    with pytest.raises(SourceError) as caught:
        decode(b"one\ntwo caf\xe9 three", "a.txt")
    assert str(caught.value) == (
        "a.txt is not valid UTF-8: byte 0xE9 at position 11, line 2 ('one\\ntwo caf\\\\xe9 three'): "
        "if it is in a Western European encoding, pass encoding='cp1252'"
    )
    assert isinstance(caught.value.__cause__, UnicodeDecodeError)


def test_the_position_counts_the_mark_in() -> None:
    with pytest.raises(SourceError, match="byte 0xFF at position 4,"):
        decode(codecs.BOM_UTF8 + b"a\xff", "a.txt")


@pytest.mark.parametrize("encoding", ["klingon", "hex", "rot13"])
def test_what_is_no_text_encoding_is_told(encoding: str) -> None:
    with pytest.raises(SourceError, match=f"no text encoding named '{encoding}'"):
        decode(b"61", "a.txt", encoding)


def test_an_encoding_the_data_does_not_hold_to() -> None:
    with pytest.raises(SourceError, match="not valid UTF-16-LE"):
        decode(b"a\0b", "a.txt", "utf-16-le")
    with pytest.raises(SourceError, match="not valid ASCII: byte 0xE9 at position 0, line 1"):
        decode(b"\xe9", "a.txt", "ascii")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"PK\x03\x04 word/document.xml", r"a ZIP archive \(so are .docx"),
        (b"\x89PNG\r\n\x1a\n", "an image"),
        (b"{\\rtf1 text}", "an RTF file"),
        (b"text\x00\x01\x02\x03more", "binary, not text"),
        ("Plain text".encode("utf-16-le"), "pass encoding='utf-16-le'"),
        ("Plain text".encode("utf-16-be"), "pass encoding='utf-16-be'"),
    ],
)
def test_binary_data_is_refused_for_what_it_is(data: bytes, told: str) -> None:
    with pytest.raises(SourceError, match=told):
        decode(data, "a.bin")
    if "UTF" not in binary_reason(data):
        with pytest.raises(SourceError, match=told):
            decode(data, "a.bin", "cp1252")  # a folder's encoding makes no text of its images


def test_a_name_that_is_no_text_can_be_shown() -> None:
    assert printable("a\udce9.txt") == "a?.txt"
    assert printable("naïve.txt") == "naïve.txt"
