"""Nothing that is held out occurs in training: no template, no listed or generated name, no document, no entry."""

import random
import re

import pytest

from tools.train.corpora import corpus, split_of
from tools.train.tasks import sample
from tools.train.tasks.facts import relations
from tools.train.wording import (
    facts,
    hops,
    latest,
    lists,
    names,
    natural,
    needles,
    noise,
    questions,
    reasons,
    variables,
    worlds,
)
from tools.train.wording import (
    relations as relation_words,
)
from tools.train.wording.table import Table, belongs

MODULES = (
    facts,
    hops,
    latest,
    lists,
    names,
    natural,
    needles,
    noise,
    questions,
    reasons,
    relation_words,
    variables,
    worlds,
)
SHARED = {"WEEKDAYS"}
"""Tables that may be the same in both splits: there are no other weekdays."""


def tables() -> list[tuple[str, Table[object]]]:
    found = []
    for module in MODULES:
        for name, value in vars(module).items():
            if isinstance(value, Table):
                found.append((f"{module.__name__}.{name}", value))
            elif isinstance(value, dict):
                for key, entry in value.items():
                    for table in entry if isinstance(entry, tuple) else (entry,):
                        if isinstance(table, Table):
                            found.append((f"{module.__name__}.{name}[{key}]", table))
    return [(name, table) for name, table in found if name.rsplit(".", 1)[-1] not in SHARED]


@pytest.mark.parametrize(
    ("name", "table"), tables(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_no_entry_is_in_both_splits(name: str, table: Table[object]) -> None:
    common = {entry for entry in set(table.train) & set(table.held_out) if entry not in {"", "{q}"}}
    assert not common, f"{name} trains on held-out entries"
    assert table.train
    assert table.held_out


def test_relations_keep_wordings_apart() -> None:
    assert any(relation.held_out for relation in relations("held_out"))
    assert not any(relation.held_out for relation in relations("train"))
    for relation in relations("train"):
        for table in (relation.statements, relation.questions):
            assert table.train
            assert table.held_out
            assert not set(table.train) & set(table.held_out)


@pytest.mark.parametrize("make", [names.surname, names.town, names.brand])
def test_generated_names_keep_apart(make) -> None:  # type: ignore[no-untyped-def]
    rng = random.Random(1)
    trained = {make(rng, "train").split()[-1] for _ in range(3000)}
    held_out = {make(rng, "held_out").split()[-1] for _ in range(500)}
    assert not trained & held_out
    assert len(trained) > 2000
    assert all(belongs(name, "held_out") for name in held_out)


def test_works_keep_apart(small_corpora: None) -> None:
    trained, held_out = corpus("train"), corpus("held_out")
    assert not set(trained.works) & set(held_out.works)
    assert not {document.text for document in trained.documents} & {
        document.text for document in held_out.documents
    }
    assert all(split_of(document.work) == "held_out" for document in held_out.documents)


def test_training_shows_no_held_out_wording(small_corpora: None) -> None:
    """The whole generator, not only its tables: what training says never fits a held-out statement or question."""
    held = [
        template
        for relation in relations("held_out")
        for table in (relation.statements, relation.questions)
        for template in table.held_out
        if len(re.sub(r"\{\w+\}", "", template).split()) >= 4
    ]
    marks = [re.compile(re.sub(r"\\\{\w+\\\}", "[^.?\\\\n]{1,60}", re.escape(template))) for template in held]
    assert len(marks) > 50
    shown = sample(3, families={"facts.single": 1.0}, split="held_out")
    assert any(mark.fullmatch(shown.task) for mark in marks), (
        "the test must be able to see a held-out wording"
    )
    for seed in range(150):
        trajectory = sample(seed, families={"facts.*": 1.0, "hops.*": 1.0}, part_characters=(200, 900))
        said = "\n".join([trajectory.task, *(part.text for part in trajectory.parts)])
        assert not [mark.pattern for mark in marks if mark.search(said)]
