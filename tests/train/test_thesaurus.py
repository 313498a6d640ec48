"""Other words for plain words, from a dictionary in WordNet's form."""

import gzip
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.train.natural import thesaurus
from tools.train.trajectory import Split
from tools.train.wording import synonyms

DICTIONARY = """resurrect
    v 1: cause to become alive again; "raise from the dead" [syn: {resurrect},
         {raise}, {bring back}]
    2: restore from an unused state [syn: {revive}, {resurrect}]
    3: return from the dead [syn: {resurrect}, {uprise}]
kettle
    n 1: a metal pot for stewing or boiling [syn: {kettle}, {boiler}]
Harbour
    n 1: a sheltered port [syn: {harbour}, {haven}]
break
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    senses = "".join(
        f"    {'v 1' if n == 1 else n}: sense {n} [syn: {{break}}, {{split}}]\n" for n in range(1, 9)
    )
    file = tmp_path / "wn.dict.dz"
    file.write_bytes(gzip.compress((DICTIONARY + senses).encode()))
    monkeypatch.setattr(thesaurus, "_FILE", file)
    thesaurus.synonyms.cache_clear()
    yield
    thesaurus.synonyms.cache_clear()


@pytest.mark.usefixtures("installed")
def test_the_first_senses_of_words_with_few_are_known() -> None:
    assert thesaurus.synonyms() == {"resurrect": ("raise", "bring back", "revive"), "kettle": ("boiler",)}
    assert thesaurus.other_words("kettles") == ("boilers",)
    assert thesaurus.other_words("break") == thesaurus.other_words("harbour") == ()


@pytest.mark.usefixtures("installed")
def test_a_question_is_put_in_them_and_each_split_has_its_own() -> None:
    words: dict[Split, set[str]] = {"train": set(), "held_out": set()}
    for split, seen in words.items():
        for seed in range(40):
            text = synonyms.reworded("how to resurrect the kettle", random.Random(seed), split, 1.0)
            seen.update(text.split()[2:])
    other = {"raise", "bring", "back", "revive", "boiler"}
    assert words["train"] & other
    assert not words["train"] & words["held_out"] & other


def test_without_the_dictionary_there_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thesaurus, "_FILE", tmp_path / "none")
    thesaurus.synonyms.cache_clear()
    assert thesaurus.other_words("kettle") == ()
    thesaurus.synonyms.cache_clear()
