"""A reason tells what was kept from what was dropped, and nothing of whether reading goes on."""

import random
from dataclasses import replace

from tools.train.tasks import sample
from tools.train.tasks.reasoning import reasoned
from tools.train.trajectory import Find, Part, Split, Trajectory
from tools.train.wording.reasons import DROPPED, KEPT

OTHER, FOUND = "It rained all day long.", "Ann was born in Troyford."
PARTS = (
    Part("Nothing is said here."),
    Part(OTHER, (Find(OTHER, keep=False),)),
    Part(f"{OTHER} {FOUND}", (Find(OTHER, keep=False), Find(FOUND)), stop=True),
)
ASKED = Trajectory("Where was Ann born?", PARTS, "Troyford")


def reasons(trajectory: Trajectory, seed: int, split: Split = "train") -> list[str]:
    return [part.reason for part in reasoned(trajectory, random.Random(seed), split).parts]


def test_a_reason_is_of_what_was_kept_or_else_of_what_was_dropped() -> None:
    for split in ("train", "held_out"):
        drawn = [reasons(ASKED, seed, split) for seed in range(200)]
        none, dropped, kept = (set(column) for column in zip(*drawn, strict=True))
        assert none == {""}
        assert dropped == set(DROPPED.of(split))
        assert kept == set(KEPT.of(split))


def test_the_same_reasons_are_given_whether_reading_stops_or_goes_on() -> None:
    goes_on = replace(ASKED, parts=(*PARTS[:-1], replace(PARTS[-1], stop=False)))
    assert all(reasons(ASKED, seed) == reasons(goes_on, seed) for seed in range(20))


def test_notes_keep_the_reasons_they_have() -> None:
    noted = Trajectory("Sum it up.", (Part(OTHER, (Find("Rain"),), "A new point."),), "Rain.", "note")
    assert reasoned(noted, random.Random(1), "train") == noted


def test_every_reading_that_quotes_has_such_reasons(small_corpora: None) -> None:
    readings = [sample(seed, part_characters=(150, 500), parts=(2, 5)) for seed in range(100)]
    parts = [part for reading in readings if reading.kind == "quote" for part in reading.parts if part.finds]
    assert {part.evidence for part in parts} == {True, False}
    assert all(part.reason in (KEPT if part.evidence else DROPPED).train for part in parts)
