"""Every family keeps the promises of `tools.train.trajectory`, and the same seed gives the same trajectory."""

from collections import Counter
from collections.abc import Iterator

import pytest

from tools.train import dictionaries
from tools.train.corpora import corpus
from tools.train.natural.frame import Frame
from tools.train.tasks import FAMILIES, family_weights, natural, sample
from tools.train.trajectory import (
    NOT_IN_TEXT,
    Find,
    Part,
    Trajectory,
    TrajectoryError,
    validate,
    whole_words,
)

READ_TO_THE_END = (
    "needle.multivalue", "latest.overturned", "latest.provisional", "worlds.person", "worlds.thing", "worlds.before",
    "worlds.holder", "variables.chains", "lists.collect", "lists.count", "lists.count_values", "gathering.about",
    "gathering.notes",
)  # fmt: skip
DERIVED = ("natural.whether", "lists.count", "lists.count_values", "gathering.notes", "gathering.about")
"""Families whose answers are not made of the words of a single quote."""


def draw(family: str, seed: int, **sizes: object) -> Trajectory:
    sizes = {"part_characters": (150, 700), "parts": (2, 7)} | sizes
    return sample(seed, families={family: 1.0}, **sizes)


def needs_a_dictionary(family: str) -> None:
    kinds = {"natural.dictionary": natural.DICTIONARY, "natural.glossed": ("glossed",)}.get(family)
    if kinds and not any(frame.kind in kinds for frame in _frames_of_dictionaries()):
        pytest.skip("no dictionary for it is installed")


def _frames_of_dictionaries() -> Iterator[Frame]:
    for name in dictionaries.NAMES:
        for entry in dictionaries.dictionary(name, "train"):
            yield from entry.frames


@pytest.fixture(autouse=True)
def _small_corpora(small_corpora: None) -> None:
    """All tests of this file read the small corpora of `conftest`."""


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_keeps_the_promises(family: str) -> None:
    needs_a_dictionary(family)
    for seed in range(12):
        trajectory = draw(family, seed)
        validate(trajectory)
        assert trajectory.family == family
        kept = [find.text for part in trajectory.parts for find in part.finds if find.keep]
        if family in READ_TO_THE_END:
            assert not trajectory.parts[-1].stop
        elif trajectory.answer != NOT_IN_TEXT:
            assert trajectory.parts[-1].stop, "a question with one answer stops where it is answered"
        if trajectory.answer != NOT_IN_TEXT and family not in DERIVED:
            evidence = " ".join(" ".join(kept).lower().split())
            missing = [piece for piece in trajectory.answer.split(", ") if piece.lower() not in evidence]
            assert not missing, f"not in the evidence: {missing}"


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_seed_gives_the_same_trajectory(family: str) -> None:
    needs_a_dictionary(family)
    assert draw(family, 5) == draw(family, 5)


@pytest.mark.parametrize("family", [name for name in FAMILIES if name.startswith("absent.")])
def test_nothing_answers_a_question_without_an_answer(family: str) -> None:
    for seed in range(12):
        trajectory = draw(family, seed)
        assert trajectory.answer == NOT_IN_TEXT
        assert not trajectory.parts[-1].stop


def test_most_parts_hold_no_evidence_and_distractors_are_quoted_now_and_then() -> None:
    parts = [part for seed in range(300) for part in sample(seed, part_characters=(150, 500)).parts]
    free = sum(not part.evidence for part in parts) / len(parts)
    dropped = sum(not find.keep for part in parts for find in part.finds)
    assert free > 2 / 3
    assert dropped > 10


def test_evidence_stands_anywhere_in_its_part() -> None:
    places: Counter[str] = Counter()
    for seed in range(150):
        for part in draw("facts.single", seed, part_characters=(500, 900)).parts:
            for find in part.finds:
                middle = (part.text.index(find.text) + len(find.text) / 2) / len(part.text)
                places["start" if middle < 0.25 else "end" if middle > 0.75 else "middle"] += 1
    assert min(places[place] for place in ("start", "middle", "end")) > 15


def test_parts_keep_to_the_sizes_asked_for() -> None:
    for seed in range(60):
        trajectory = sample(seed, part_characters=(800, 800), parts=(3, 5))
        assert len(trajectory.parts) <= 5
        assert (
            max(len(part.text) for part in trajectory.parts) < 800 + 700
        )  # a part may be crowded with evidence
    long = [
        part for seed in range(10) for part in draw("needle.single", seed, part_characters=(4500, 4500)).parts
    ]
    assert max(len(part.text) for part in long) > 4000


def test_families_are_chosen_by_weight_and_pattern() -> None:
    families = Counter(
        sample(seed, families={"needle.*": 3.0, "worlds.person": 1.0}).family for seed in range(80)
    )
    assert set(families) <= {name for name in FAMILIES if name.startswith("needle.")} | {"worlds.person"}
    assert families["worlds.person"] < 40
    assert family_weights({"needle.single": 2.0}) == {"needle.single": 2.0}


@pytest.mark.parametrize("families", [{"needle.unknown": 1.0}, {"needle.single": 0.0}])
def test_wrong_families_are_refused(families: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"no family"):
        sample(1, families=families)


@pytest.mark.parametrize(
    ("trajectory", "message"),
    [
        (Trajectory("Who?", (Part("The man was Tom Hill.", (Find("The man was Jim"),), "So."),), "Jim"), "verbatim"),
        (Trajectory("Who?", (Part("The man was Tom Hill.", (Find("he man was Tom"),), "So."),), "Tom"), "whole words"),
        (Trajectory("Who?", (Part("The man was Tom Hill.", (Find("Tom Hill."),), "So."),), "Tom"), "characters"),
        (Trajectory("Who?", (Part("Nobody came at all."),), "Tom"), "without evidence"),
        (Trajectory("Who?", (Part("Nobody came at all.", stop=True),), NOT_IN_TEXT), "STOP"),
        (
            Trajectory("Who?", (Part("The man was Tom Hill.", (Find("The man was Tom Hill."),), "So.", True),
                                Part("More text follows.")), "Tom Hill"),
            "follow a STOP",
        ),
        (Trajectory("Who?", (Part("Nobody came at all.", (), "Because."),), NOT_IN_TEXT), "reason without"),
        (Trajectory("Who?", (Part("The man was Tom Hill.", (Find("The man was Tom"),)),), "Tom"), "reason is empty"),
    ],
)  # fmt: skip
def test_a_broken_promise_is_found(trajectory: Trajectory, message: str) -> None:
    with pytest.raises(TrajectoryError, match=message):
        validate(trajectory)


def test_whole_words_end_where_words_end() -> None:
    text = "Use --all, or not."
    assert whole_words(text, 4, 9)
    assert whole_words(text, 6, 9)
    assert not whole_words(text, 7, 9)
    assert not whole_words(text, 3, 9)


def test_corpora_are_read_from_folders_that_are_named() -> None:
    names = {
        document.name.rsplit("/", 1)[-1]
        for split in ("train", "held_out")
        for document in corpus(split).documents
    }
    assert {"harbour.txt", "kettle.md"} <= names
