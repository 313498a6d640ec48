"""Small corpora made on the spot, so that tests do not depend on what documentation is installed."""

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.train import corpora
from tools.train.natural import bank, written

_LISTED = """
    harbour kettle lantern orchard bridge castle meadow violin compass basket candle falcon glacier hammer island
    jacket kitchen ladder magnet needle oyster paddle quarry ribbon saddle temple umbrella village walnut zebra anchor
    barrel canyon dagger engine feather garden helmet ivory journal
"""
WORKS = tuple(_LISTED.split())
SENTENCES = (
    "The {a} {b} is a tool that keeps an account of every {c} in the town.",
    "The {a} {b} was written by Olga Renerah, who had never seen a {c}.",
    "If the {c} is missing from the {b} table, the {a} program refuses to start.",
    "Each {b} record contains four fields that are of use to the {c} master.",
    "The default {b} interval is 15 minutes, and it is seldom changed by the user.",
    "The list of the {a} {c} files is stored in /var/lib/{a}/{c}.list on most machines.",
    "To remove a {c} from the {b} table, use the --drop-{c} option and wait for the answer.",
    "Support for the {a} {c} was added in version 2.{n} and has been there since.",
    "The {a}-{b} command prints the names of all the {c} owners that are known to it.",
    "There are three kinds of {a} {c}: the small one, the large one and the old one.",
    "The {b} lamp of the {a} is off because the {c} master is asleep at that time of the day.",
    "It is not easy to say what the {c} was for, and in the end nobody asked about it.",
    "Some of the people of the {a} went to the {b} and came back with a {c} or two.",
)


def _document(name: str, rng: random.Random) -> str:
    lines = [f"NAME\n\n{name}ctl - list the things of the {name} and of the town\n\nDESCRIPTION\n"]
    for section in range(6):
        words = {"a": name, "b": rng.choice(WORKS), "c": rng.choice(WORKS), "n": str(section)}
        chosen = rng.sample(SENTENCES, 6)
        lines.append(" ".join(sentence.format(**words) for sentence in chosen))
        option = rng.choice(WORKS)
        lines.append(
            f"--{option}-{section}=NAME\n  Print the names of the {option} owners of the {words['b']} in order."
        )
        lines.append(
            f"How do I find the {option} of the {name}?\n\nRun the {name} program with the {option} option and wait."
        )
    return "\n\n".join(lines) + "\n"


def _asked(path: Path, text: str) -> str:
    """A line of questions on a document's third paragraph, as `tools/train/data/questions.jsonl` has them."""
    paragraph = text.split("\n\n")[3]
    start = text.index(paragraph)
    (first, *_, last) = [match.span() for match in re.finditer(r"\S.*?\.(?=\s|$)", paragraph)]
    ends = [" ".join(paragraph[slice(*span)].rstrip(".").split()[-4:]) for span in (first, last)]
    questions = [
        {"question": "Who told what comes first?", "evidence": [first], "answers": ends[:1]},
        {
            "question": "Who told what comes last, and what first?",
            "evidence": [last, first],
            "answers": ends[::-1],
        },
        {"question": "Whose uncle had a red bicycle?"},
    ]
    passage = {"passage": [start, start + len(paragraph)], "digest": written.digest(paragraph)}
    return json.dumps({"document": str(path), **passage, "questions": questions})


@pytest.fixture(scope="package")
def small_corpora(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Forty short documents in forty folders, read instead of what is installed."""
    root: Path = tmp_path_factory.mktemp("corpora")
    rng = random.Random(0)
    for name in WORKS:
        folder = root / name
        folder.mkdir()
        (folder / f"{name}.{'md' if name == 'kettle' else 'txt'}").write_text(
            _document(name, rng), encoding="utf-8"
        )
    cache = tmp_path_factory.mktemp("cache")
    asked = cache / "asked.jsonl"
    cached = (corpora.corpus, corpora._all_documents, bank.bank, written.written, written.with_answers)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(corpora.FOLDERS_VARIABLE, str(root))
        patch.setattr(corpora, "user_cache_path", lambda _: cache)
        patch.setattr(written, "FILE", asked)
        for function in cached:
            function.cache_clear()
        documents = corpora._all_documents()
        lines = [
            _asked(Path(document.name), document.text) for document in documents if document.work in WORKS
        ]
        asked.write_text("\n".join(lines), encoding="utf-8")
        yield
    for function in cached:
        function.cache_clear()
