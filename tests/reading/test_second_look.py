"""The second look: which chunks are read again, what of them is a clue, and what becomes of doubtful clues."""

import threading
from dataclasses import replace

import pytest

from smoothread_agent.reading.codec import TextCodec
from smoothread_agent.reading.policy import Thresholds, together
from smoothread_agent.reading.quotes import quotes
from smoothread_agent.reading.wording import NOT_IN_TEXT
from smoothread_agent.reading.words import Words
from smoothread_agent.schema import Arm
from tests.reading.scripted import Wish
from tests.reading.whole import NO_LOOK, PARTS, SCRIPT, TASK, TEXT, Reading

UNSURE = Thresholds(new=0.95, again=0.97)
"""Above what the script is sure of where it has a clue: it finds none."""


@pytest.mark.parametrize("arm", ["smooth", "reset"])
def test_where_nothing_was_found_the_likeliest_chunks_are_looked_at_again(codec: TextCodec, arm: Arm) -> None:
    seen: list[str] = []

    def mind(stream: str) -> Wish:
        seen.append(stream)
        return SCRIPT(stream)

    result = Reading(codec, mind, arm, thresholds=UNSURE).result
    without = Reading(codec, arm=arm, thresholds=UNSURE, limits=NO_LOOK).result
    assert [promise.chunk for promise in result.promising] == [1, 3, 0]
    assert [promise.confidence for promise in result.promising] == pytest.approx([0.9, 0.9, 0.1], abs=1e-4)
    words = Words(TASK, [quote for part in PARTS for quote in quotes(part)])
    first, second, third = result.nearest
    assert [first.text, second.text] == ["Ann was born in Troyford.", "Troyford has 4200 people."]
    assert all(TEXT[clue.start : clue.end] == clue.text for clue in result.nearest)
    assert [first.chunk, second.chunk, third.chunk] == [1, 3, 0]
    assert first.confidence == pytest.approx(together(words.sureness(first.text), 0.9), abs=1e-4)
    assert third.confidence == pytest.approx(together(words.sureness(third.text), 0.09), abs=1e-4)
    rounds = {stream.count("Target:") for stream in seen if "Keep:" in stream}
    assert rounds == ({1, 2, 3} if arm == "smooth" else {1}), "in one memory, or each by itself"
    same = {"usage", "nearest", "promising"}
    assert result.model_dump(exclude=same) == without.model_dump(exclude=same)
    assert (without.nearest, without.answer, without.clues) == ((), "4200", ())
    for field in ("tokens_read", "tokens_decoded", "rounds"):
        assert getattr(result.usage, field) == getattr(without.usage, field)


def test_what_words_and_judgement_are_sure_of_together_is_a_clue_and_answers(codec: TextCodec) -> None:
    streams: list[str] = []

    def mind(stream: str) -> Wish:
        streams.append(stream)
        return SCRIPT(stream)

    sure = UNSURE.model_copy(update={"again": 0.6})
    result = Reading(codec, mind, thresholds=sure).result
    assert [clue.text for clue in result.clues] == ["Ann was born in Troyford.", "Troyford has 4200 people."]
    assert (result.nearest, result.answer) == ((), "4200")
    assert (result.stop.reason, result.coverage.truncated) == ("end_of_source", False)
    assert result.summary == Reading(codec, thresholds=UNSURE, limits=NO_LOOK).result.summary
    asked = [stream for stream in streams if stream.endswith("assistant\n") and "Answer the task:" in stream]
    before, behind = asked[0], asked[-1]
    assert "Keep: yes" not in before
    chunks = [behind.index(PARTS[number].strip()) for number in (0, 1, 3)]
    assert chunks == sorted(chunks), "one stream, in the order of the text"
    assert behind.count("Keep: yes") == 2
    assert '- "Ann was born in Troyford."' in behind
    assert (before.count("Target:"), behind.count("Target:")) == (5, 3)


def test_a_clue_that_is_not_sure_is_told_in_a_second_look_and_stays(codec: TextCodec) -> None:
    streams: list[str] = []

    def mind(stream: str) -> Wish:
        streams.append(stream)
        born = PARTS[1].strip() in stream[-600:]
        if born and stream.endswith("\nNew: "):
            return Wish("none", 0.9)  # it announces nothing where Ann was born
        return replace(SCRIPT, new=0.6, keep=0.98 if born else 0.9)(stream)

    sure = Thresholds(new=0.5, again=0.9)
    first, second = Reading(codec, mind, thresholds=sure).result.clues
    assert (first.text, first.chunk) == ("Troyford has 4200 people.", 3)
    assert (second.text, second.chunk) == ("Ann was born in Troyford.", 1)
    again = next(stream for stream in streams if PARTS[1].strip() in stream and "Keep: yes" in stream[:-60])
    assert '- "Troyford has 4200 people."' in again
    without = sure.model_copy(update={"again": first.confidence})
    assert Reading(codec, mind, thresholds=without).result.clues == (first,), "sure enough"


def test_what_a_second_look_does_not_support_is_no_clue_but_what_comes_nearest(codec: TextCodec) -> None:
    unsure, never = replace(SCRIPT, new=0.6), Thresholds(new=0.5, again=0.99)
    first = Reading(codec, unsure, thresholds=never, limits=NO_LOOK).result
    assert len(first.clues) == 2
    result = Reading(codec, unsure, thresholds=never).result
    assert (result.clues, result.answer) == ((), NOT_IN_TEXT)
    assert set(first.clues) <= set(result.nearest)
    confidences = [clue.confidence for clue in result.nearest]
    assert confidences == sorted(confidences, reverse=True)
    assert Reading(codec, unsure, thresholds=never, max_chunks=5).result.clues == first.clues, (
        "nothing was looked at"
    )


def test_a_stop_ends_a_second_look(codec: TextCodec) -> None:
    sure = UNSURE.model_copy(update={"again": 0.6})
    result = Reading(codec, replace(SCRIPT, stop=0.9), thresholds=sure).result
    assert [clue.text for clue in result.clues] == ["Ann was born in Troyford."]


def test_a_second_look_is_taken_at_no_more_than_is_needed_or_left(codec: TextCodec) -> None:
    assert Reading(codec).result.nearest == Reading(codec).result.promising == (), "something was found"
    assert Reading(codec, arm="whole", thresholds=UNSURE).result.nearest == ()
    assert Reading(codec, thresholds=UNSURE, clues="note").result.nearest == ()
    assert Reading(codec, thresholds=UNSURE, max_chunks=5).result.nearest == ()
    for chunks, looks in ((6, {1}), (7, {1, 3}), (8, {0, 1, 3}), (2, set())):
        result = Reading(codec, thresholds=UNSURE, max_chunks=chunks).result
        assert {clue.chunk for clue in result.nearest} == looks
    switch = threading.Event()
    result = Reading(codec, thresholds=UNSURE, cancelled=switch, cancel_after=4).result
    assert [promise.chunk for promise in result.promising] == [1, 3, 0]
    assert result.nearest == ()
