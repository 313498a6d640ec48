"""Nothing that the evaluation asks, or asks about, is training data."""

import re
from functools import cache

import pytest

from tools.evaluate import documents, words
from tools.evaluate.suites import babi, facts, ruler
from tools.evaluate.suites.questions import questions

tasks = pytest.importorskip("tools.train.tasks")
corpora = pytest.importorskip("tools.train.corpora")

SAMPLES = 200
LICENCES = ("gpl-3", "apache-2.0")
"""Their text stands in countless other documents, which cannot all be held out."""

TEMPLATES = (
    *facts.templates(),
    *(ruler.NEEDLE, ruler.ONE, ruler.ALL, ruler.EACH, ruler.ASSIGNED, ruler.COPIED),
    *(ruler.VARIABLES, ruler.COMMON, ruler.FREQUENT),
    *(*babi.MOVES, *babi.TAKES, *babi.DROPS),
    *(babi.WHERE_IS_PERSON, babi.WHERE_IS_THING, babi.WHERE_WAS_THING),
)


@cache
def trained_on() -> str:
    """All words of many trajectories of every family, drawn as training draws them."""
    drawn = (tasks.sample(seed, parts=(2, 4), part_characters=(150, 800)) for seed in range(SAMPLES))
    texts = (
        (t.task, t.answer, *(part.text for part in t.parts), *(part.reason for part in t.parts))
        for t in drawn
    )
    return "\n".join(text for group in texts for text in group)


@cache
def training_documents() -> dict[str, str]:
    """Every document that training may draw from, as words with single blanks between."""
    found = corpora.corpus("train").documents
    return {f"{d.work}: {d.name}": " ".join(re.findall(r"\w+", d.text)) for d in found}


def pattern(template: str) -> re.Pattern[str]:
    """The template with anything of a sentence in its fields."""
    parts = re.split(r"\{\w+\}", template)
    return re.compile(r"[^.\n]{1,60}?".join(re.escape(part) for part in parts))


@pytest.mark.parametrize("template", TEMPLATES)
def test_no_template_is_trained_on(template: str) -> None:
    assert pattern(template).search(template.replace("{", "").replace("}", "")), "the pattern can match"
    assert not pattern(template).search(trained_on())


def test_no_name_is_trained_on() -> None:
    told = set(re.findall(r"[\w-]+", trained_on()))
    assert not told & words.held_out_names()
    assert not {word for word in told if words.is_key(word)}
    assert len(told) > 5000, "the samples are large enough to tell"


def test_no_question_is_trained_on() -> None:
    text = trained_on()
    assert not [question.id for question in questions() if question.question in text]


def test_no_document_of_a_held_out_package_is_trained_on() -> None:
    works = {name.split(":")[0] for name in training_documents()}
    assert not works & documents.held_out_packages()


def test_no_evidence_is_trained_on_in_any_other_document() -> None:
    asked = [question for question in questions() if question.document not in LICENCES]
    anchors = {" ".join(re.findall(r"\w+", anchor)): q.id for q in asked for anchor in q.evidence}
    leaked = {
        (anchors[anchor], name)
        for name, text in training_documents().items()
        for anchor in anchors
        if len(anchor) > 25 and anchor in text
    }
    assert not leaked
