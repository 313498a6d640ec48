"""The questions that were written one by one: the file as it is, and how it is read."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
import snowballstemmer

from smoothread_agent.reading.wording import NOT_IN_TEXT, one_line
from tools.evaluate.suites.questions import questions
from tools.train.corpora import corpus
from tools.train.natural import written as module
from tools.train.natural.lexicon import content_words
from tools.train.natural.written import FILE, Written, written
from tools.train.tasks import sample

ROWS = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
ASKED = [asked for row in ROWS for asked in row["questions"]]


def stems(text: str) -> frozenset[str]:
    return frozenset(snowballstemmer.stemmer("english").stemWords(sorted(content_words(text))))


def test_every_question_is_asked_once_and_answered_outside_itself() -> None:
    assert len(ASKED) > 1500
    assert Counter(asked["question"] for asked in ASKED).most_common(1)[0][1] == 1
    for asked in ASKED:
        assert asked["question"].endswith("?")
        assert len(asked.get("answers", [])) == len(asked.get("evidence", []))
        assert not any(answer.lower() in asked["question"].lower() for answer in asked.get("answers", []))


def test_all_kinds_are_there() -> None:
    kinds = Counter(len(asked.get("answers", [])) for asked in ASKED)
    assert set(kinds) == {0, 1, 2}
    assert min(kinds.values()) > 100


def test_no_question_of_the_evaluation_is_among_them() -> None:
    evaluated = [stems(question.question) for question in questions()]
    for asked in ASKED:
        words = stems(asked["question"])
        nearest = max(len(words & other) / max(1, len(words | other)) for other in evaluated)
        assert nearest < 0.5, asked["question"]


def test_no_text_of_another_is_in_the_file() -> None:
    """Answers are a few words; what else is told of a passage are numbers and a digest."""
    assert max(len(answer) for asked in ASKED for answer in asked.get("answers", [])) <= 100
    for row in ROWS:
        assert set(row) == {"document", "passage", "digest", "questions"}
        assert re.fullmatch("[0-9a-f]{16}", row["digest"])


@pytest.mark.usefixtures("small_corpora")
class TestSmallCorpora:
    """Questions on documents made on the spot."""

    def test_what_is_asked_stands_where_the_file_says(self) -> None:
        found = written("train")
        assert {len(asked.answers) for asked in found} == {0, 1, 2}
        for asked in found:
            for answer, (start, end) in zip(asked.answers, asked.evidence, strict=True):
                assert asked.passage[0] <= start < end <= asked.passage[1]
                assert answer in one_line(asked.document.text[start:end])

    def test_the_splits_are_those_of_the_documents(self) -> None:
        trained, held_out = (
            {asked.document.name for asked in written(split)} for split in ("train", "held_out")
        )
        assert trained
        assert held_out
        assert trained <= {document.name for document in corpus("train").documents}
        assert not trained & held_out

    def test_a_passage_in_other_words_is_passed_over(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lines = module.FILE.read_text(encoding="utf-8").splitlines()
        changed = [{**json.loads(line), "digest": "0" * 16} for line in lines]
        (tmp_path / "asked.jsonl").write_text("\n".join(map(json.dumps, changed)), encoding="utf-8")
        monkeypatch.setattr(module, "FILE", tmp_path / "asked.jsonl")
        assert list(read_again()) == []

    def test_both_answers_are_given_in_the_order_asked_for(self) -> None:
        trajectory = sample(1, families={"written.two": 1.0}, part_characters=(300, 900))
        asked = next(
            asked
            for asked in written("train")
            if asked.answers and ", ".join(asked.answers) == trajectory.answer
        )
        kept = [find.text for part in trajectory.parts for find in part.finds if find.keep]
        assert len(kept) >= 2
        assert asked.evidence[0][0] > asked.evidence[1][0]  # asked for the other way round than it is told

    @pytest.mark.parametrize("family", ["written.unanswered", "written.unread"])
    def test_what_is_not_told_is_not_answered(self, family: str) -> None:
        for seed in range(12):
            trajectory = sample(seed, families={family: 1.0}, part_characters=(150, 900))
            assert trajectory.answer == NOT_IN_TEXT
            assert not any(find.keep for part in trajectory.parts for find in part.finds)


def read_again() -> tuple[Written, ...]:
    return written.__wrapped__("train")
