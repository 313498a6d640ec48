import json
import random

import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer
from typer.testing import CliRunner

from tools.train import write_questions
from tools.train.corpora import Corpus, Document
from tools.train.natural import bank as banking
from tools.train.natural.writing import Marked, judge, mark, phrases, well_formed
from tools.train.natural.writing import write as write_for
from tools.train.plain import PlainGenerator

SENTENCE = "The night ferry to Osmark leaves from the old customs pier."
TEXT = (
    "The harbour has four piers, and each of them has a number.\n\n"
    f"Timetables hang in the hall. {SENTENCE} Boats to the islands leave from pier two in summer.\n\n"
    "Tickets are sold in the hall until the gates are closed for the night.\n"
)
PLACE = Marked("harbour", "Timetables hang in the hall. ", SENTENCE, " Boats leave.", "old customs pier")
QUESTION = "From where does the night ferry to Osmark leave?"


def a_model(question=QUESTION, given="the old customs pier", without="not said"):
    """A model that writes one question, and answers with the sentence in sight and without it."""

    def generate(prompts, most_tokens):
        def told(prompt):
            if prompt.endswith("\nQuestion:"):
                return f" {question}\n"
            return given if SENTENCE in prompt else without

        return [told(prompt) for prompt in prompts]

    return generate


@pytest.mark.parametrize(
    ("model", "verdict"),
    [
        (a_model(), "kept"),
        (a_model(given="the island"), "another answer"),
        (a_model(without="It leaves from the old customs pier."), "answered without the sentence"),
        (a_model(question="Where does it leave the customs at night?"), "ill-formed"),
        (a_model(question="Does the night ferry to Osmark leave from a pier?"), "ill-formed"),
        (a_model(question="Who painted the ceiling of the town hall?"), "ill-formed"),
        (a_model(question="The night ferry to Osmark leaves."), "ill-formed"),
    ],
)
def test_a_question_is_kept_when_its_answer_comes_back_from_the_sentence_alone(model, verdict):
    questions = write_for([PLACE], model)
    assert judge([PLACE], questions, model) == [verdict]
    assert well_formed(PLACE, questions[0]) == (verdict != "ill-formed")


def test_what_is_asked_for_stands_in_the_sentence():
    assert phrases(SENTENCE) == ["night ferry", "Osmark leaves", "old customs pier"]
    marked = [mark("harbour", TEXT, random.Random(seed)) for seed in range(40)]
    for place in filter(None, marked):
        assert place.answer in place.sentence
        assert f"{place.before}{place.quote}{place.after}" in TEXT
    assert any(place and place.quote == SENTENCE for place in marked)


def test_a_run_goes_on_where_it_was_and_its_questions_are_trained_on(tmp_path, monkeypatch):
    source, out = Corpus([Document("harbour", "harbour", TEXT)]), tmp_path / "questions.jsonl"

    def run(first, count):
        return [
            verdict
            for batch in write_questions.written(source, a_model(), out, first, count, seed=3)
            for verdict in batch
        ]

    verdicts = run(0, 24)
    whole = out.read_text()
    assert 0 < verdicts.count("kept") == len(whole.splitlines()) < 24
    cut = whole.splitlines(keepends=True)[:1]
    out.write_text("".join(cut))
    run(write_questions.tried(out), 24)
    assert out.read_text() == whole
    monkeypatch.setenv(banking.QUESTIONS_VARIABLE, str(out))
    asked = list(banking._written(source))
    assert {frame.frame.kind for frame in asked} == {"written"}
    assert {TEXT[one.frame.start : one.frame.end] for one in asked} == {
        json.loads(line)["quote"] for line in whole.splitlines()
    }


def test_rows_of_unequal_length_are_continued_as_each_alone(tiny_folder):
    model = AutoModelForCausalLM.from_pretrained(tiny_folder)
    generate = PlainGenerator(model, AutoTokenizer.from_pretrained(tiny_folder))
    prompts = ["one", "a longer prompt than the other one"]
    together = generate(prompts, 6)
    assert together == [generate([prompt], 6)[0] for prompt in prompts]
    assert any(together)


def test_the_command_tells_what_became_of_the_sentences(tiny_folder, tmp_path, monkeypatch):
    source = Corpus([Document("harbour", "harbour", TEXT)])
    monkeypatch.setattr(write_questions, "corpus", lambda split: source)
    found = CliRunner().invoke(
        write_questions.app, [str(tmp_path / "q.jsonl"), "--count", "3", "--model", str(tiny_folder)]
    )
    assert found.exit_code == 0, found.output
    assert "3 ill-formed" in found.output
