import gzip
import tracemalloc

import pytest

from smoothread_agent.errors import SourceError
from smoothread_agent.sources import TooLargeError, load_source
from smoothread_agent.sources.compressed import gunzip
from tests.sources.pdf_writer import text_pdf


def test_each_format_is_read_out_of_gzip() -> None:
    assert load_source(gzip.compress(b"Text."), name="a.txt.gz").text == "Text."
    assert load_source(gzip.compress(b"<p>Text."), name="a.html.gz").text == "Text."
    source = load_source(gzip.compress(text_pdf("One.", "Two.")), name="a.pdf.gz")
    assert (source.text, source.media_type, len(source.pages)) == ("One.\n\nTwo.", "application/pdf", 2)


def test_several_members_are_one_file() -> None:
    assert gunzip(gzip.compress(b"one ") + gzip.compress(b"two"), "a.gz", 100) == b"one two"


def test_a_small_file_cannot_unpack_to_a_large_one() -> None:
    packed = gzip.compress(b" " * 20_000_000)
    assert len(packed) < 20_000
    tracemalloc.start()
    try:
        with pytest.raises(TooLargeError, match=r"bomb\.gz is larger than 100,000 bytes"):
            load_source(packed, name="bomb.gz", max_size=100_000)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("harm", ["cut", "changed", "followed"])
def test_a_damaged_file_is_told(harm: str) -> None:
    packed = bytearray(gzip.compress(b"some text " * 100))
    if harm == "cut":
        del packed[-12:]
    elif harm == "changed":
        packed[20] ^= 0xFF
    else:
        packed += b"rubbish"
    with pytest.raises(SourceError, match=r"a\.gz is a damaged or incomplete gzip file"):
        load_source(bytes(packed), name="a.gz")


def test_gzip_in_gzip_is_refused() -> None:
    with pytest.raises(SourceError, match="packed twice"):
        load_source(gzip.compress(gzip.compress(b"text")), name="a.gz.gz")
