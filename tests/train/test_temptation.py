"""Wrong quotes, there to be judged: never the evidence, never the answer, always of the part."""

import random
from dataclasses import replace

from tools.train.tasks.reasoning import reasoned
from tools.train.tasks.temptation import tempt, wrong_sentences
from tools.train.trajectory import MAX_DROPS, Find, Part, Trajectory, validate

FOUND = "Ann was born in Troyford."
PART = Part(
    f"It rained all day long. {FOUND} Somebody went to Troyford once. The end was near, they said. No.",
    (Find(FOUND),),
    stop=True,
)
EMPTY = Part("A first sentence stands here. A second sentence stands there.")
ASKED = Trajectory("Where was Ann born?", (EMPTY, PART), "Troyford")


def test_wrong_is_what_is_neither_evidence_nor_holds_the_answer() -> None:
    assert wrong_sentences(PART, "Troyford") == ["It rained all day long.", "The end was near, they said."]


def test_wrong_quotes_are_dropped_and_the_right_one_comes_last() -> None:
    seen = set()
    for seed in range(60):
        tempted = tempt(ASKED, random.Random(seed))
        validate(reasoned(tempted, random.Random(seed), "train"))
        empty, part = tempted.parts
        assert replace(part, finds=part.finds[-1:]) == PART
        assert replace(empty, finds=()) == EMPTY
        assert not any(find.keep for find in (*empty.finds, *part.finds[:-1]))
        assert len(part.finds) <= MAX_DROPS + 1
        seen |= {find.text for find in part.finds[:-1]}
    assert seen == {"It rained all day long.", "The end was near, they said."}


def test_drops_that_are_there_already_leave_less_room() -> None:
    others = ("It rained all day long.", "The end was near, they said.", "Somebody went to Troyford once.")
    part = replace(PART, finds=(*(Find(text, keep=False) for text in others), Find(FOUND)))
    for seed in range(20):
        assert tempt(replace(ASKED, parts=(part,)), random.Random(seed)).parts == (part,)


def test_notes_are_left_alone() -> None:
    notes = replace(ASKED, kind="note")
    assert all(tempt(notes, random.Random(seed)) == notes for seed in range(20))
