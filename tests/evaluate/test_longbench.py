import json
from pathlib import Path

import pytest

from tools.evaluate import longbench_metrics as metrics
from tools.evaluate.suites import longbench


def line(**changed: object) -> str:
    given = {
        "input": "Who sank?",
        "context": "The ship sank.",
        "answers": ["the ship", "a vessel"],
        "length": 3,
        "dataset": "qasper",
        "language": "en",
        "all_classes": None,
        "_id": "x1",
    }
    return json.dumps(given | changed) + "\n"


def write(folder: Path, name: str, *lines: str) -> Path:
    (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
    return folder


def test_f1_by_hand() -> None:
    # said: grey ship sank; wanted: ship. Precision 1/3, recall 1, so 0.5.
    assert metrics.f1("The grey ship sank!", "a ship") == pytest.approx(0.5)
    assert metrics.f1("ship ship", "ship") == pytest.approx(2 / 3)
    assert metrics.f1("", "ship") == 0.0
    assert metrics.f1("boat", "ship") == 0.0


def test_rouge_l_by_hand() -> None:
    # Lin's example: "police killed the gunman" / "police kill the gunman": 3 of 4 words in order.
    assert metrics.rouge_l("police kill the gunman", "police killed the gunman") == pytest.approx(0.75)
    assert metrics.rouge_l("the gunman kill police", "police killed the gunman") == pytest.approx(0.5)
    assert metrics.rouge_l("", "police") == 0.0


def test_classification_divides_by_the_classes_named() -> None:
    classes = ["Date", "Expression abbreviated", "Abbreviation", "Other number", "number"]
    assert metrics.classification("Type: Date", "Date", classes) == 1.0
    assert metrics.classification("Date or Abbreviation", "Date", classes) == 0.5
    assert metrics.classification("Abbreviation", "Date", classes) == 0.0
    assert metrics.classification("Other number", "Other number", classes) == 1.0


def test_numbers_named_share_the_score() -> None:
    assert metrics.retrieval("Paragraph 12", "Paragraph 12") == 1.0
    assert metrics.retrieval("Paragraph 2 or Paragraph 12", "Paragraph 12") == 0.5
    assert metrics.retrieval("none", "Paragraph 12") == 0.0
    assert metrics.count("There are 7 of 9", "7") == 0.5


def test_code_similarity_takes_the_first_line_of_code() -> None:
    assert metrics.code_similarity("```python\n# note\nreturn x\nmore", "return x") == 1.0
    # kitten and sitting share "ittn": 2 * 4 / 13.
    assert metrics.code_similarity("kitten", "sitting") == pytest.approx(8 / 13)
    assert metrics.code_similarity("", "return x") == 0.0


def test_the_published_layout_is_read(tmp_path: Path) -> None:
    write(tmp_path, "qasper", line(), line(_id="x2"))
    write(tmp_path, "qasper_e", line())
    write(tmp_path, "lcc", line(input="", context="def f(x):\n", answers=["    return x"]))
    write(
        tmp_path, "repobench-p", line(input="def g(y):\n", context="# other.py\n", answers=["    return y"])
    )
    write(tmp_path, "gov_report", line(input="", answers=["All sank."]))
    write(tmp_path, "dureader", line())
    cases = {case.id: case for case in longbench.cases(tmp_path)}
    assert set(cases) == {
        "longbench/gov_report/0/s0/0",
        "longbench/lcc/0/s0/0",
        "longbench/qasper/0/s0/0",
        "longbench/qasper/0/s0/1",
        "longbench/qasper_e/0/s0/0",
        "longbench/repobench-p/0/s0/0",
    }
    assert longbench.left_out(tmp_path) == ["dureader"]
    question = cases["longbench/qasper/0/s0/0"]
    assert "Who sank?" in question.question
    assert question.text == "The ship sank."
    assert question.notes["_id"] == "x1"
    assert cases["longbench/repobench-p/0/s0/0"].text == "# other.py\ndef g(y):\n"
    assert cases["longbench/gov_report/0/s0/0"].clues == "note"


def test_the_best_of_several_answers_counts(tmp_path: Path) -> None:
    (case,) = longbench.cases(write(tmp_path, "qasper", line()))
    assert case.judge is not None
    assert case.judge("vessel") == 1.0
    assert case.judge("some vessel") == pytest.approx(2 / 3)


def test_only_the_first_line_counts_where_examples_are_followed(tmp_path: Path) -> None:
    given = line(answers=["Date"], all_classes=["Date", "Place"])
    (case,) = longbench.cases(write(tmp_path, "trec", given))
    assert case.judge is not None
    assert case.judge("\nDate\nQuestion: Where?\nType: Place") == 1.0


def test_a_limit_and_a_choice_of_data_sets(tmp_path: Path) -> None:
    write(tmp_path, "qasper", line(), line(), line())
    write(tmp_path, "musique", line())
    assert len(list(longbench.cases(tmp_path, limit=2, only=["qasper"]))) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{broken\n", "line 1 is no JSON"),
        (json.dumps({"input": "?"}) + "\n", "lacks context, answers"),
        (json.dumps([1]) + "\n", "lacks input, context, answers"),
        (line(answers=[]), "no answer"),
    ],
)
def test_another_layout_is_refused_with_the_place(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(longbench.LongBenchError, match=message):
        list(longbench.cases(write(tmp_path, "qasper", content)))


def test_a_folder_without_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(longbench.LongBenchError, match="none of LongBench's"):
        list(longbench.cases(tmp_path))
