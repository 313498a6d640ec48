"""What the words say that a quote shares with the task."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smoothread_agent.reading.words import Words

QUOTES = [
    "The wind is mild.",
    "The wind is strong.",
    "The harbours of Ulm were dug in 1702.",
    "A harbour is a sheltered port.",
]
TASK = "When was the harbour of Ulm dug?"


def test_words_are_compared_by_their_stems_and_function_words_say_nothing() -> None:
    words = Words(TASK, QUOTES)
    assert [words.shared(quote) for quote in QUOTES] == [set(), set(), {"harbour", "ulm", "dug"}, {"harbour"}]
    assert words.shared("HARBOURS") == {"harbour"}
    assert Words("¿Cuántos puertos hay?", ["Hay 3 puertos."]).shared("Hay 3 puertos.") == {"hay", "puerto"}


def test_a_quote_is_surer_the_more_rare_words_it_shares() -> None:
    words = Words(TASK, QUOTES)
    none, one, three = (words.sureness(QUOTES[place]) for place in (0, 3, 2))
    assert none == pytest.approx(1 / (1 + 5)), "one of so many, or none"
    assert none < one < three < 1
    common = Words("Which wind?", QUOTES)
    assert common.sureness("mild wind") < Words("Which wind?", QUOTES[1:]).sureness("mild wind")


def test_nothing_is_known_of_an_empty_text() -> None:
    assert Words(TASK, []).sureness("") == 0.5


@given(st.text(), st.lists(st.text(), max_size=8), st.text())
def test_a_sureness_is_a_probability_whatever_the_text(task: str, quotes: list[str], quote: str) -> None:
    assert 0 <= Words(task, [*quotes, quote]).sureness(quote) <= 1
