"""What a second look's quotes are worth: which stretch is read, what a threshold takes, and the program."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tools.train.corpora import Document
from tools.train.natural.written import Written
from tools.train.second_look import Figures, Looked, app, stretch


def looked(answered: bool, first: tuple = (), second: tuple = ()) -> Looked:
    return Looked(reader="r", document="d", question="?", answered=answered, first=first, second=second)


@pytest.mark.parametrize("characters", [10, 90, 400, 5000])
def test_a_stretch_holds_the_passage_and_knows_where_the_answer_is(characters: int) -> None:
    text = "".join(f"Number {number} is told here. " for number in range(60))
    start, last = text.index("Number 40"), text.index("Number 44")
    evidence = (text.index("Number 42"), text.index("Number 43"))
    asked = Written(Document("a/b", "a", text), (start, last), "Which is told?", ("42",), (evidence,))
    here, ((first, end),) = stretch(asked, characters)
    assert here[first:end] == "Number 42 is told here. "
    assert text[start:last] in here
    assert here in text
    assert len(here) == min(len(text), max(characters, last - start))


def test_a_sure_clue_is_taken_alone_and_a_doubtful_one_with_what_is_sure_or_not_at_all() -> None:
    seen = looked(True, first=((0.5, False),), second=((0.7, True), (0.2, False)))
    assert seen.clues(0.4) == seen.first
    assert seen.clues(0.6) == ((0.5, False), (0.7, True))
    assert seen.clues(0.8) == ()


def test_right_places_quotes_beside_and_open_questions_are_counted() -> None:
    seen = [
        looked(True, second=((0.9, True), (0.8, False))),
        looked(True, first=((0.9, False),)),
        looked(False, second=((0.7, False),)),
        looked(False),
    ]
    low, high = (Figures.of(seen, threshold) for threshold in (0.5, 0.85))
    assert (low.answered, low.placed, low.beside, low.open, low.given) == (2, 1, 2, 2, 1)
    assert (high.placed, high.beside, high.given) == (1, 1, 0)


@pytest.mark.usefixtures("small_corpora")
def test_the_program_goes_on_where_it_was(tiny_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "looked.jsonl"
    options = ["--count", "2", "--characters", "600", "--chunk", "64", "--json"]
    command = [str(out), "--model", str(tiny_folder), *options]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert {(row["answered"], row["open"]) for row in found} == {(2, 2)}
    lines = out.read_text().splitlines()
    assert len(lines) == 4
    assert any(json.loads(line)["second"] for line in lines)

    out.write_text("\n".join([lines[0], lines[1], lines[2][:40]]))  # a kill in the middle of the third
    again = CliRunner().invoke(app, command)
    assert json.loads(again.stdout) == found
    assert out.read_text().splitlines() == lines

    other = CliRunner().invoke(app, [*command, "--chunk", "80"])
    assert other.exit_code == 0, other.output
    assert len(out.read_text().splitlines()) == 8, "another chunk is another reading"

    none = CliRunner().invoke(app, [*command, "--characters", "1000000"])
    assert none.exit_code == 2
    assert "nobody wrote questions" in none.output
