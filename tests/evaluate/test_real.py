import re

import pytest

from tools.evaluate import documents
from tools.evaluate.answers import holds
from tools.evaluate.case import Cell, TokenCounter
from tools.evaluate.suites import questions, real
from tools.evaluate.suites.questions import find, sentence_around

ANSWERABLE = [question for question in questions.questions() if question.references]


def make(task: str, count: TokenCounter, length: int, index: int, seed: int = 0):  # type: ignore[no-untyped-def]
    return real.TASKS[task](Cell("real", task, length, seed, index), count)


def test_there_are_questions_enough_of_every_kind() -> None:
    asked = questions.questions()
    kinds = {documents.records()[question.document].kind for question in asked}
    authors = {documents.records()[question.document].author for question in asked}
    assert len(asked) >= 80
    assert sum(question.document.startswith("python/") for question in asked) >= 35
    assert len(kinds) >= 6
    assert len(authors) >= 6
    assert {question.task for question in asked} == set(real.TASKS)
    assert len({question.id for question in asked}) == len(asked)


def test_nothing_but_short_anchors_is_carried() -> None:
    for question in questions.questions():
        for anchor in (*question.anchors, *question.also):
            assert len(re.findall(r"\w+", anchor)) <= 12, question.id


@pytest.mark.parametrize("question", questions.questions(), ids=lambda question: question.id)
def test_every_anchor_is_found_once_where_the_document_is_as_it_was(question: questions.Question) -> None:
    if reason := question.unusable():
        pytest.skip(reason)
    text = documents.load(question.document).text
    for anchor in (*question.anchors, *question.also):
        assert len(find(anchor, text)) == 1 or question.drifted()


@pytest.mark.parametrize("question", ANSWERABLE, ids=lambda question: question.id)
def test_the_evidence_tells_the_answer(question: questions.Question) -> None:
    if reason := question.unusable():
        pytest.skip(reason)
    document = documents.load(question.document)
    units = real.sentences(document)
    shown = " ".join(sentence_around(find(a, document.text)[0], document, units) for a in question.evidence)
    for forms in question.references:
        assert any(holds(shown, form) for form in forms)


def test_every_question_can_be_asked_on_a_running_python_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Help topics are everywhere: without any file 35 questions are left, and reasons for the others."""
    monkeypatch.setattr(documents.Path, "read_bytes", _missing)
    documents.load.cache_clear()
    try:
        reasons = list(questions.left_out())
        assert len(questions.questions()) - len(reasons) >= 35
        assert any("install the package debian-faq" in reason for reason in reasons)
    finally:
        monkeypatch.undo()
        documents.load.cache_clear()


def _missing(_: object) -> bytes:
    raise FileNotFoundError("not installed")


@pytest.mark.parametrize("task", real.TASKS)
@pytest.mark.parametrize("length", [700, 6000])
def test_the_text_holds_the_evidence_and_is_as_long_as_asked(
    task: str, length: int, count: TokenCounter
) -> None:
    for index in range(4):
        case = make(task, count, length, index)
        assert 0.85 * length <= count(case.text) <= length
        question = next(q for q in questions.questions() if q.id == case.notes["question"])
        for anchor in question.anchors:
            assert find(anchor, case.text)
        for anchor, span in zip(question.evidence, case.evidence, strict=True):
            assert find(anchor, case.text[slice(*span)])


def test_the_place_of_the_evidence_is_seeded(count: TokenCounter) -> None:
    number = len(questions.usable("one_place"))
    again = {make("one_place", count, 1500, index).evidence for index in (0, number, 2 * number)}
    assert len(again) > 1
    assert make("one_place", count, 1500, 0) == make("one_place", count, 1500, 0)


def test_questions_without_an_answer_stay_without_one_among_other_documents(count: TokenCounter) -> None:
    for index in range(len(questions.usable("no_answer"))):
        case = make("no_answer", count, 4000, index)
        question = next(q for q in questions.questions() if q.id == case.notes["question"])
        assert case.unanswerable
        assert not any(string in case.text for string in question.absent)


def test_an_anchor_outlives_markup_and_line_breaks() -> None:
    assert find("a very old rule", 'a "very"\n   *old* rule')
    assert not find("a very old rule", "a very cold rule")
    assert not find("a very old rule", "a very old ruler")


def test_a_changed_document_is_told_from_a_missing_one(monkeypatch: pytest.MonkeyPatch) -> None:
    question = next(q for q in questions.questions() if q.document.startswith("python/"))
    changed = documents.Document(question.document, "nothing of what was there")
    monkeypatch.setattr(questions, "load", lambda name: changed)
    assert question.drifted()
    assert "has changed" in (question.unusable() or "")
