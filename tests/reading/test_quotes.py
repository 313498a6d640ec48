"""What may be quoted: whole pieces, on one line, each traced to the characters that it stands for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smoothread_agent.reading.quotes import quotes
from smoothread_agent.reading.wording import one_line

WORDS = st.sampled_from(["a", "is.", "It", '"yes"', "日本。", "e\u0301", "👩‍👧", "don't", "—", "x" * 70])
GAPS = st.sampled_from(["", " ", "\n", "\r\n", "\t ", "\n\n\n", "\xa0", "\u2028", " \x1c"])


@given(
    words=st.lists(st.tuples(WORDS, GAPS), max_size=60), fewest=st.integers(1, 12), most=st.integers(12, 300)
)
def test_a_quote_is_exactly_what_stands_there(words: list[tuple[str, str]], fewest: int, most: int) -> None:
    text = "".join(word + gap for word, gap in words)
    for quote, (start, end) in quotes(text, (fewest, most)).items():
        assert one_line(text[start:end]) == quote
        assert 1 <= len(quote) <= most
        assert not text[start].isspace()
        assert not text[end - 1].isspace()


@given(words=st.lists(st.tuples(WORDS, GAPS), max_size=60), fewest=st.integers(1, 12))
def test_every_word_can_be_quoted_and_in_order(words: list[tuple[str, str]], fewest: int) -> None:
    numbered = "".join(f"{number}{word}{gap}" for number, (word, gap) in enumerate(words))
    spans = list(quotes(numbered, (fewest, 300)).values())
    assert spans == sorted(spans)
    covered = {at for start, end in spans for at in range(start, end)}
    assert {at for at, character in enumerate(numbered) if not character.isspace()} <= covered


def test_quotes_are_the_sentences_and_lines_of_a_text() -> None:
    text = "The tide\r\n   of Ravel is 42 feet.\n\nIt was\t41."
    assert list(quotes(text)) == ["The tide", "of Ravel is 42 feet.", "It was 41."]
    assert list(quotes("日本だけ。東京だけ。")) == ["日本だけ。", "東京だけ。"]
    assert quotes(" \n") == {}


def test_a_quote_is_no_longer_than_it_may_be() -> None:
    assert list(quotes("one two three", (1, 8))) == ["one two", "three"]


def test_a_piece_that_is_too_short_goes_with_the_next() -> None:
    assert list(quotes("Oh. It is not so. Yes.", (4, 300))) == ["Oh. It is not so.", "Yes."]
    assert list(quotes("It is so. Oh.", (4, 300))) == ["It is so.", "Oh."]
    assert list(quotes("Oh. It is so.", (4, 10))) == ["Oh.", "It is so."]


def test_what_has_neither_letter_nor_figure_is_no_quote() -> None:
    assert list(quotes("Title\n=====\n\nOh.\n------\nIt is so.\n* * *\n日")) == [
        "Title",
        "Oh.",
        "It is so.",
        "日",
    ]
    assert quotes("-----\n\n...... ____") == {}


def test_a_wording_that_comes_again_stands_where_it_stood_first() -> None:
    assert quotes("It is so. It was not. It is so.") == {"It is so.": (0, 9), "It was not.": (10, 21)}


@pytest.mark.parametrize("text", ["x" * 900, "ab " + "A1b2" * 150 + " cd"], ids=["one word", "long word"])
def test_where_a_word_is_longer_than_a_quote_may_be_a_piece_of_it_is_quoted(text: str) -> None:
    assert all(1 <= len(quote) <= 300 for quote in quotes(text))


@pytest.mark.parametrize("text", ["a", "ab", "a b", "日"])
def test_a_text_shorter_than_a_quote_is_quoted_whole(text: str) -> None:
    assert list(quotes(text)) == [text]
