"""Other words for plain words, from a dictionary in WordNet's form."""

import gzip
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.train import dictd, dictionaries
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


SPLITS: tuple[Split, ...] = ("train", "held_out")


def _forget() -> None:
    dictionaries.dictionary.cache_clear()
    thesaurus.senses.cache_clear()
    thesaurus.synonyms.cache_clear()


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    senses = "".join(
        f"    {'v 1' if n == 1 else n}: sense {n} [syn: {{break}}, {{split}}]\n" for n in range(1, 9)
    )
    file = tmp_path / "wn.dict.dz"
    file.write_bytes(gzip.compress((DICTIONARY + senses).encode()))
    monkeypatch.setattr(dictd, "FOLDER", file.parent)
    _forget()
    yield
    _forget()


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


def test_a_word_that_means_one_thing_has_a_gloss(installed: None) -> None:
    assert thesaurus.gloss("kettle") == "a metal pot for stewing or boiling"
    assert thesaurus.gloss("Harbour") == "a sheltered port"
    assert thesaurus.gloss("resurrect") == thesaurus.gloss("teapot") == ""


def test_a_word_is_asked_for_as_another_dictionary_explains_it(installed: None, tmp_path: Path) -> None:
    kettle = (
        "Kettle, n. [OE. ketel.]\n   A metallic vessel, used for boiling liquids;\n   a pot. [1913 Webster]\n"
    )
    harbour = "Harbour, n.\n   A lodging place, where a traveler rests.\n"
    _write(tmp_path, "gcide", (("kettle", kettle), ("harbour", harbour)))
    glossed = {
        entry.headword: [dict(frame.slots)["gloss"] for frame in entry.frames if frame.kind == "glossed"]
        for split in SPLITS
        for entry in dictionaries.dictionary("gcide", split)
    }
    assert glossed == {"Kettle": ["a metal pot for stewing or boiling"], "Harbour": []}  # a place, not a port


def _write(folder: Path, name: str, entries: tuple[tuple[str, str], ...]) -> None:
    """A dictd database; what stands in front of the first entry makes all of them a third of GCIDE's."""
    text, index = "", ""
    for word, entry in entries:
        text += " " * (-len(text) % 3)
        index += f"{word}\t{_digits(len(text))}\t{_digits(len(entry))}\n"
        text += entry
    (folder / f"{name}.dict.dz").write_bytes(gzip.compress(text.encode()))
    (folder / f"{name}.index").write_text(index, encoding="utf-8")


def _digits(number: int) -> str:
    upper, lower = divmod(number, 64)
    return dictd.DIGITS[upper] + dictd.DIGITS[lower]


def test_without_the_dictionary_there_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dictd, "FOLDER", tmp_path / "none")
    _forget()
    assert thesaurus.other_words("kettle") == ()
    assert thesaurus.gloss("kettle") == ""
    _forget()
