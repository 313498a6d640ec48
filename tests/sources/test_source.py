import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smoothread_agent.errors import SourceError
from smoothread_agent.sources import Page, Skipped, Source
from smoothread_agent.sources.source import PART_GAP, join


def test_the_digest_is_of_the_text_alone() -> None:
    one, other = Source("Naïve", name="a"), Source("Naïve", name="b", pages=(Page(0, 1),))
    assert one.digest == other.digest == hashlib.sha256("Naïve".encode()).hexdigest()
    assert one.info().model_dump() == {
        "name": "a",
        "digest": one.digest,
        "characters": 5,
        "media_type": "text/plain",
    }


@pytest.mark.parametrize("text", ["", " \n\t\u2003"])
def test_no_text_is_no_source(text: str) -> None:
    with pytest.raises(SourceError, match="blank holds no text"):
        Source(text, name="blank")


def test_half_a_surrogate_pair_is_told_with_its_place() -> None:
    with pytest.raises(SourceError, match=r"\(U\+DCE9\) at character 3"):
        Source("caf\udce9")


@pytest.mark.parametrize("starts", [(3, 1), (-1, 2), (0, 6)])
def test_pages_out_of_order_are_refused(starts: tuple[int, ...]) -> None:
    with pytest.raises(SourceError, match="pages of text do not follow"):
        Source("12345", pages=tuple(Page(start) for start in starts))


def test_page_at_the_edges() -> None:
    source = Source("--one two", pages=(Page(2, 1), Page(6, 2)))
    assert [page and page.number for page in map(source.page_at, (1, 2, 5, 6, 99))] == [None, 1, 1, 2, 2]


PARTS = st.lists(
    st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda text: not text.isspace()), min_size=1
)


@given(PARTS)
def test_joined_parts_lie_where_their_pages_say(texts: list[str]) -> None:
    source = join([Source(text, name=f"part {index}") for index, text in enumerate(texts)], "all")
    for index, (text, page) in enumerate(zip(texts, source.pages, strict=True)):
        assert source.text[page.start : page.start + len(text)] == text
        assert page.label == f"part {index}"
        assert source.page_at(page.start + len(text) - 1) is page
    assert len(source.text) == sum(map(len, texts)) + len(PART_GAP) * (len(texts) - 1)


def test_joining_keeps_pages_and_what_was_left_out() -> None:
    book = Source(
        "one two", "b.pdf", "application/pdf", (Page(0, 1), Page(4, 3)), (Skipped("page 2", "no text"),)
    )
    source = join([Source("cover", "a.txt"), book], "shelf", [Skipped("c.png", "an image")])
    assert [(page.label, page.number, page.start) for page in source.pages] == [
        ("a.txt", None, 0),
        ("b.pdf", 1, 8),
        ("b.pdf", 3, 12),
    ]
    assert [str(missing) for missing in source.skipped] == ["b.pdf, page 2: no text", "c.png: an image"]
    assert source.media_type == "multipart/mixed"
