import pytest

from smoothread_agent.schema import Clue, Coverage, StopReason, StopSignal, Usage
from tools.evaluate import answers
from tools.evaluate.case import Case, Cell
from tools.evaluate.metrics import score
from tools.evaluate.outcome import Outcome

CELL = Cell("test", "task", 100, 0, 0)
TEXT = "a" * 100 + "b" * 100 + "c" * 100 + "d" * 100
CHUNKS = ((0, 100), (100, 200), (200, 300), (300, 400))


def clue(start: int, end: int) -> Clue:
    return Clue(text=TEXT[start:end], start=start, end=end, chunk=start // 100, confidence=0.9)


def outcome(
    answer: str = "x",
    clues: tuple[Clue, ...] = (),
    read: int = 4,
    reason: StopReason = "answered",
    nearest: tuple[Clue, ...] = (),
) -> Outcome:
    return Outcome(
        answer=answer,
        clues=clues,
        nearest=nearest,
        stop=StopSignal(reason=reason),
        chunks=CHUNKS[:read],
        coverage=Coverage(
            chunks_read=read, chunks_total=4, tokens_read=read, tokens_total=4, truncated=read < 4
        ),
        usage=Usage(rounds=read, tokens_read=read, tokens_decoded=7, seconds=1.5),
    )


def case(**changed: object) -> Case:
    given: dict = {"question": "?", "text": TEXT, "references": ("x",), "evidence": ((110, 120),)} | changed
    return Case(CELL, **given)


def test_references_are_found_whatever_the_case_and_not_inside_other_words() -> None:
    assert answers.holds("It is the BELFRY.", "belfry")
    assert answers.holds("1,234,567 in all", "1234567")
    assert answers.holds("uses ‘--null’ there", "--null")
    assert answers.holds("both tuples", "tuple")
    assert answers.holds("behind the *sign* of **it**", "the sign of it")
    assert not answers.holds("91234567", "1234567")
    assert not answers.holds("12345678", "1234567")
    assert not answers.holds("nothing", "no")


def test_share_counts_each_reference_once_in_any_of_its_wordings() -> None:
    wanted = (("ten", "10"), ("red",))
    assert answers.share_found("10, ten", wanted) == 0.5
    assert answers.share_found("red and 10", wanted) == 1.0


@pytest.mark.parametrize(
    ("answer", "references", "exact"),
    [
        ("The belfry.", ("belfry",), True),
        ("the belfry of the church", ("belfry",), False),
        ("1, 2 and 3", ("3", "2", "1"), True),
        ("a-b: 1\nc-d: 2", ("1", "2"), True),
        ("1, 2, 3, 4", ("1", "2", "3"), False),
        ("1, 1, 2", ("1", "2"), False),
        ("1, 1", ("1", "2"), False),
        ("1,234; 5,678", ("1234", "5678"), True),
    ],
)
def test_strict_wants_the_references_and_nothing_else(
    answer: str, references: tuple[str, ...], exact: bool
) -> None:
    assert answers.is_exactly(answer, [(reference,) for reference in references]) is exact


def test_strict_in_order() -> None:
    assert answers.is_exactly("1, 2", [("1",), ("2",)], ordered=True)
    assert not answers.is_exactly("2, 1", [("1",), ("2",)], ordered=True)


@pytest.mark.parametrize(
    "answer",
    [
        "The text does not say.",
        "the text doesn’t mention it",
        "Not mentioned in the document.",
        "Unknown",
        "This cannot be determined from what was read.",
    ],
)
def test_no_answer_is_recognised(answer: str) -> None:
    assert answers.says_no_answer(answer)


@pytest.mark.parametrize("answer", ["a NameError, if the name is not found", "the unknown soldier", "None"])
def test_an_answer_with_a_negation_is_an_answer(answer: str) -> None:
    assert not answers.says_no_answer(answer)


def test_reader_constant_counts_as_no_answer() -> None:
    from smoothread_agent.reading.wording import NOT_IN_TEXT

    assert answers.says_no_answer(NOT_IN_TEXT)


def test_unanswerable_cases_are_right_when_the_answer_says_so() -> None:
    unanswerable = case(references=(), evidence=(), unanswerable=True)
    right = score(unanswerable, outcome("The text does not say.", reason="end_of_source"))
    wrong = score(unanswerable, outcome("x", reason="end_of_source"))
    assert (right.share, right.strict, right.place) == (1.0, 1.0, None)
    assert (wrong.share, wrong.strict) == (0.0, 0.0)


def test_the_right_place_is_a_clue_that_touches_the_evidence() -> None:
    assert score(case(), outcome(clues=(clue(115, 130),))).place is True
    assert score(case(), outcome(clues=(clue(120, 130),))).place is False
    both = score(case(evidence=((110, 120), (310, 320))), outcome(clues=(clue(315, 316),)))
    assert (both.place, both.evidence) == (True, 0.5)


def test_what_came_nearest_counts_where_no_clue_did() -> None:
    assert score(case(), outcome(nearest=(clue(5, 9), clue(115, 130)))).near is True
    assert score(case(), outcome(nearest=(clue(5, 9),))).near is False
    assert score(case(), outcome(nearest=(clue(115, 130),))).place is False
    assert score(case(), outcome(clues=(clue(115, 130),))).near is True
    assert score(case(clues="note"), outcome()).near is None


def test_false_clues_are_counted_in_chunks_that_tell_nothing() -> None:
    judged = score(
        case(related=((210, 220),)),
        outcome(clues=(clue(5, 9), clue(150, 160), clue(250, 260), clue(301, 305))),
    )
    assert (judged.false_clues, judged.free_chunks) == (2, 2)


def test_notes_and_one_round_arms_have_no_clue_figures() -> None:
    judged = score(case(clues="note"), outcome())
    assert (judged.place, judged.false_clues, judged.free_chunks) == (None, None, None)


@pytest.mark.parametrize(
    ("read", "reason", "changed", "premature"),
    [
        (1, "answered", {}, True),
        (2, "answered", {}, False),
        (1, "budget", {}, False),
        (2, "answered", {"early_stop": False}, True),
        (4, "answered", {"early_stop": False}, False),
        (3, "answered", {"references": (), "unanswerable": True, "evidence": ()}, True),
    ],
)
def test_a_stop_is_premature_before_all_that_had_to_be_read(
    read: int, reason: StopReason, changed: dict, premature: bool
) -> None:
    assert score(case(**changed), outcome(read=read, reason=reason)).premature is premature


@pytest.mark.parametrize(
    "changed",
    [
        {"references": ()},
        {"unanswerable": True},
        {"aliases": ((), ())},
        {"evidence": ((390, 401),)},
        {"evidence": ((5, 5),)},
    ],
)
def test_a_case_that_contradicts_itself_is_refused(changed: dict) -> None:
    with pytest.raises(ValueError, match="test/task"):
        case(**changed)
