import pytest
from hypothesis import given
from hypothesis import strategies as st

from smoothread_agent.errors import GrammarError
from smoothread_agent.reading.quotes import Passage
from smoothread_agent.reading.wording import one_line

WORDS = st.lists(
    st.sampled_from(["a", "is", '"yes"', "日本", "e\u0301", "👩‍👧", "don't", "—"]), min_size=1, max_size=30
)
GAPS = st.sampled_from([" ", "\n", "\r\n", "\t ", "\n\n\n", "\xa0", "\u2028", " \x1c"])


@given(st.data(), WORDS)
def test_every_run_of_the_line_is_found_where_it_stands(data: st.DataObject, words: list[str]) -> None:
    gaps = [data.draw(GAPS) for _ in words]
    text = gaps[0] + "".join(word + gap for word, gap in zip(words, gaps, strict=True))
    passage = Passage(text)
    assert passage.line == " ".join(words)
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    quote = " ".join(words[first : last + 1])
    start, end = passage.locate(quote)
    assert one_line(text[start:end]) == quote
    assert not text[start].isspace()
    assert not text[end - 1].isspace()


def test_a_quote_that_spans_lines_has_the_exact_characters() -> None:
    text = "The tide\r\n   of Ravel\n\nis 42 feet."
    start, end = Passage(text).locate("of Ravel is 42")
    assert text[start:end] == "of Ravel\n\nis 42"


def test_of_several_places_the_first_is_meant() -> None:
    assert Passage("one two\none two").locate("one two") == (0, 7)


@pytest.mark.parametrize("quote", ["", "three", "one  two", "one\ntwo", "One"])
def test_what_does_not_stand_there_is_no_quote(quote: str) -> None:
    with pytest.raises(GrammarError, match="is no quote of this chunk"):
        Passage("one two").locate(quote)


def test_white_space_alone_has_no_line() -> None:
    assert Passage(" \n\t ").line == ""


def test_a_quote_stands_where_a_piece_opens_with_it() -> None:
    text = "She said: It is so. It is so."
    assert Passage(text).locate("It is so.") == (20, 29)


def test_pieces_are_in_one_line_form_and_joined_make_the_line() -> None:
    passage = Passage("The tide\r\n   of Ravel is 42 feet.\n\nIt was\t41.")
    assert passage.without([]) == (("The tide", " of Ravel is 42 feet.", " It was 41."),)
    assert "".join(passage.without([])[0]) == passage.line
    assert Passage("日本。東京。").without([]) == (("日本。", "東京。"),)
    assert Passage(" \n").without([]) == ()


def test_a_piece_is_no_longer_than_a_quote_may_be() -> None:
    assert Passage("one two three", longest=8).without([]) == (("one two", " three"),)


def test_what_is_left_out_is_left_out_wherever_it_stands_and_no_stretch_spans_it() -> None:
    passage = Passage("An owl. A cat. An owl. A dog. Two owls.")
    assert passage.without(["An owl."]) == (("A cat.",), ("A dog.", " Two owls."))
    assert passage.without(["An owl.", "A dog. Two owls."]) == (("A cat.",),)
    assert passage.without(["owl"]) == passage.without([])
