"""Pieces: what a sentence, a line and a wrapped paragraph are, and what a quote may be made of them."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smoothread_agent.reading.pieces import pieces


def cut(text: str, longest: int = 300) -> list[str]:
    return [text[start:end] for start, end in pieces(text, longest)]


@given(st.text(alphabet="ab Z9.,;:!-\n\t\"'(日。é\u2028\x1c", max_size=120), st.integers(2, 60))
def test_pieces_hold_all_of_a_text_in_order_and_none_is_too_long(text: str, longest: int) -> None:
    spans = pieces(text, longest)
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())
    assert all(start < end for start, end in spans)
    assert all(left[1] <= right[0] for left, right in itertools.pairwise(spans))
    for start, end in spans:
        assert text[start:end] == text[start:end].strip()
        assert len(" ".join(text[start:end].split())) <= longest


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It is 3. It was 4! Is it? So it is.", ["It is 3.", "It was 4!", "Is it?", "So it is."]),
        ("He said “No.” She left.", ["He said “No.”", "She left."]),
        ("See Dr. Ames, e.g. on p. 4, of J. Doe et al. in No. 5.", None),
        ("Version 2.1 of x.y.z is out.", None),
        ("1. Open the file. 2. Read it.", ["1. Open the file.", "2. Read it."]),
        ("5.2. Appointment. The vote lasts two weeks.", ["5.2. Appointment.", "The vote lasts two weeks."]),
        ("Since 5.2. Then came 6.1.1. Now it is 7.", ["Since 5.2.", "Then came 6.1.1.", "Now it is 7."]),
        ("今日は。明日は！", ["今日は。", "明日は！"]),
        ("यह है। वह है।", ["यह है।", "वह है।"]),
        ("Wait... and see.", None),
    ],
)
def test_sentences(text: str, found: list[str] | None) -> None:
    assert cut(text) == (found or [text])


def test_a_wrapped_paragraph_is_seen_through() -> None:
    wrapped = (
        "The port that the server listens on is set in the file\n"
        "named below. It is 8080 unless another one is given on\n"
        "the command line.\n"
    )
    assert [" ".join(piece.split()) for piece in cut(wrapped)] == [
        "The port that the server listens on is set in the file named below.",
        "It is 8080 unless another one is given on the command line.",
    ]


def test_a_line_that_was_ended_on_purpose_is_a_piece() -> None:
    text = (
        "Settings of the server\n"
        "The port that the server listens on is set in the file\n"
        "that stands below\n"
        "\n"
        "- port: the port it listens on\n"
        "- host: the machine it runs on, which may be a name\n"
        "  or an address\n"
        "  --quiet  say nothing\n"
    )
    assert cut(text) == [
        "Settings of the server",
        "The port that the server listens on is set in the file\nthat stands below",
        "- port: the port it listens on",
        "- host: the machine it runs on, which may be a name\n  or an address",
        "--quiet  say nothing",
    ]


@pytest.mark.parametrize(
    "lines",
    [
        [f"2026-11-0{day} 10:00:0{day} host daemon[{day}]: 10.0.0.{day} was refused" for day in range(1, 8)],
        [f"| name {row} | a value of this row | and another value of it |" for row in range(1, 8)],
        ["x = 1", "return x", "}", "if (y) {"],
    ],
    ids=["log", "table", "code"],
)
def test_rows_are_pieces(lines: list[str]) -> None:
    assert cut("\n".join(lines)) == lines


def test_a_long_sentence_is_cut_at_a_clause_else_at_a_word_else_anywhere() -> None:
    assert cut("this is so, and that is not so", 20) == ["this is so,", "and that is not so"]
    assert cut("one two three four five", 12) == ["one two", "three four", "five"]
    assert cut("abcdefghij", 4) == ["abcd", "efgh", "ij"]
