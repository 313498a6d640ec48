"""Quotes of a trajectory, grown to the sentences and lines that a reading quotes."""

import pytest

from tools.train.tasks.whole import whole
from tools.train.trajectory import Find, Kind, Part, Trajectory, TrajectoryError

TEXT = "It rained all day. Ann was born in Troyford, they say. Bob was born in Wells. It rained all night."


def grown(*finds: Find, text: str = TEXT, kind: Kind = "quote") -> tuple[Find, ...]:
    trajectory = Trajectory("Where?", (Part(text, finds),), "Troyford", kind)
    return whole(trajectory).parts[0].finds


def test_a_quote_grows_to_its_sentence() -> None:
    assert grown(Find("born in Troyford")) == (Find("Ann was born in Troyford, they say."),)


def test_a_quote_of_two_sentences_is_two() -> None:
    assert grown(Find("they say. Bob was")) == (
        Find("Ann was born in Troyford, they say."),
        Find("Bob was born in Wells."),
    )


def test_what_is_whole_stays_as_it_is() -> None:
    finds = (Find("Bob was born in Wells.", keep=False), Find("Ann was born in Troyford, they say."))
    assert grown(*finds) == finds


def test_quotes_that_grow_together_are_one_and_kept_if_one_was() -> None:
    assert grown(Find("Ann was born", keep=False), Find("in Troyford, they say.")) == (
        Find("Ann was born in Troyford, they say."),
    )


def test_notes_are_left_alone() -> None:
    assert grown(Find("Troyford: Ann"), kind="note") == (Find("Troyford: Ann"),)


@pytest.mark.parametrize(
    ("text", "finds", "message"),
    [
        (TEXT, (Find("Nobody came."),), "not verbatim"),
        ("It was so. He came. It was so.", (Find("He came."), Find("It was so.")), "stood there before"),
    ],
    ids=["not there", "quoted before"],
)
def test_what_no_reading_can_quote_is_refused(text: str, finds: tuple[Find, ...], message: str) -> None:
    with pytest.raises(TrajectoryError, match=message):
        grown(*finds, text=text)
