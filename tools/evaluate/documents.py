"""Real documentation as it is installed on this machine: the texts behind `real` and behind real haystacks.

Nothing of it is carried here: `data/documents.jsonl` says which files are meant, whose they are, and the
digests of the texts that the questions were written on. A text with another digest has drifted; one that is
not installed is missing, and says what to install. Nothing that this module names may be training data.
"""

import gzip
import hashlib
import importlib
import json
import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

_DATA = Path(__file__).parent / "data"
_PYTHON = "python/"
_INFO_HEADER = re.compile(r"\x1f[^\n]*\n(?:File: [^\n]*\n)?")
_INFO_TAIL = re.compile(r"\x1f\n(?:Tag Table|Indirect):.*", re.DOTALL)


class MissingDocumentError(LookupError):
    """A document is not installed on this machine. The message says which package brings it."""


@dataclass(frozen=True)
class DocumentRecord:
    """Which text is meant.

    Attributes:
        name: `python/<topic>` for a help topic of this Python, else a short name of the file.
        package: what to install to have it.
        path: the file; empty for a help topic.
        author: who wrote it.
        kind: what sort of text it is.
        digests: SHA-256 of texts that the questions were checked on, by version.
    """

    name: str
    package: str
    path: str
    author: str
    kind: str
    digests: dict[str, str]

    @property
    def installed(self) -> bool:
        """Whether the text can be had on this machine."""
        return self.name in python_topics() if self.name.startswith(_PYTHON) else Path(self.path).is_file()

    def load(self) -> "Document":
        """The text.

        Raises:
            MissingDocumentError: it is not installed.
        """
        return load(self.name)


@dataclass(frozen=True)
class Document:
    """An installed text."""

    name: str
    text: str

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()


@cache
def python_topics() -> dict[str, str]:
    """The help topics of the running Python, by name with the prefix `python/`."""
    topics: dict[str, str] = importlib.import_module("pydoc_data.topics").topics
    return {_PYTHON + name: _clean(text) for name, text in sorted(topics.items())}


@cache
def records() -> dict[str, DocumentRecord]:
    """Every document that `data/documents.jsonl` names."""
    lines = (_DATA / "documents.jsonl").read_text(encoding="utf-8").splitlines()
    return {record.name: record for record in (DocumentRecord(**json.loads(line)) for line in lines)}


@cache
def load(name: str) -> Document:
    """The text of a named document or help topic.

    Raises:
        MissingDocumentError: it is unknown or not installed.
    """
    if name.startswith(_PYTHON):
        if name not in python_topics():
            raise MissingDocumentError(
                f"this Python has no help topic {name.removeprefix(_PYTHON)!r}: use another version"
            )
        return Document(name, python_topics()[name])
    record = records().get(name)
    if record is None:
        raise MissingDocumentError(f"no document is called {name!r}: see data/documents.jsonl")
    try:
        raw = Path(record.path).read_bytes()
    except OSError as error:
        raise MissingDocumentError(
            f"{name} is not installed ({record.path}): install the package {record.package}"
        ) from error
    plain = gzip.decompress(raw) if record.path.endswith(".gz") else raw
    return Document(name, _clean(plain.decode("utf-8", "replace")))


@cache
def installed() -> tuple[Document, ...]:
    """Every text that this machine has, in a fixed order: help topics first, then the files."""
    files = [record.load() for record in records().values() if record.path and record.installed]
    return tuple(load(name) for name in python_topics()) + tuple(files)


def held_out_packages() -> frozenset[str]:
    """Packages whose documentation must never be training data, whatever file or format it is in."""
    return frozenset(record.package for record in records().values())


def _clean(text: str) -> str:
    """Plain text: without the markers of the info format, form feeds and runs of blank lines."""
    text = _INFO_TAIL.sub("", text)
    text = _INFO_HEADER.sub("\n", text).replace("\f", "\n").replace("\r\n", "\n").replace("\xa0", " ")
    text = re.sub(r"[ \t]+\n", "\n", text)
    return re.sub(r"\n{4,}", "\n\n\n", text).strip() + "\n"
