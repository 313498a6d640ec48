"""Real text to read: the documentation that is installed, or folders of text files, in two disjoint splits.

What counts as one *work* (a package's documentation in all its forms, by the package lists where there are
any) falls into one split as a whole, so that no text of a held-out work is in training in another format. Of the
other works, a document that repeats a passage which the evaluation asks about is left out.
"""

import ast
import hashlib
import json
import os
import random
import re
import sysconfig
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

from platformdirs import user_cache_path

from tools.evaluate.suites.questions import questions
from tools.train.extract import is_english, plain_text
from tools.train.trajectory import Split

FOLDERS_VARIABLE = "SMOOTHREAD_CORPORA"
"""Environment variable: folders of text to read instead of the installed documentation, by colons."""

HELD_OUT_WORKS = frozenset(
    {"debian-history", "gnome-user", "valgrind", "exim", "tar", "diffutils"}
    # What the evaluation asks about:
    | {"base-files", "coreutils", "debian-faq", "debian-policy", "developers-reference", "doc-debian"}
    | {"grep", "gzip", "python", "sed", "wget"}
    # What tells the same in the same words:
    | {"manpages", "zip"}
)
"""Held out by name; of the other works, one in eight is, by a hash of its name."""

_VERSION = 9
_PACKAGES = Path("/var/lib/dpkg/status")
_ROOTS = (
    "/usr/share/doc",
    "/usr/share/man",
    "/usr/share/info",
    "/usr/share/help/C",
    "/usr/share/perl",
    "/usr/share/vim",
    "/usr/share/gimp/2.0/help",
)
_NAMES = re.compile(
    r".*\.(html|xhtml|txt|md|rst|page|pod|info|info-\d+)$|.*README[^/]*$|FAQ[^/]*$|NEWS[^/]*$|.*\.[1-8]$"
)
_UNWANTED = re.compile(
    r"genindex|py-modindex|/search\.html|COPYING|LICEN[SC]E|/licenses?\.|copyright|hangelog|/whatsnew/changelog"
    r"|THANKS|AUTHORS|/manual_pages|/sitemap|bookindex|/pod/perltoc|/gcloud_(?:alpha|beta)|/gcloud_\w+_\w+_\w+"
    r"|/linux-doc-[\d.]+/html|/devicetree/bindings"
    # Translations:
    r"|/help/(?!C/|en/)\w|/(?:debian-handbook|harden-doc)/html/(?!en-US)\w|/installation-guide-\w+/(?!en/)[a-z]{2}\b"
    r"|/man/[a-z]{2}(_[A-Z]{2})?/|/apache2-doc/manual/(?!en/)[a-z]{2}\b|/translations/"
    r"|\.(?:de|es|fr|it|ja|ko|ru|pt|pl|da|fi|sv|cs|zh|nl|ca|el|hu|ro|sk|tr|vi|uk)(?:[-_.]\w+)?\.(?:html|txt)"
    r"|-(?:de|es|fr|it|ja|ko|ru|pt|pl|da|fi|sv|cs|zh|nl)\.(?:html|txt)"
)
_LEAST, _MOST, _MOST_OF_WORK = 1_500, 120_000, 3_500_000


@dataclass(frozen=True)
class Document:
    """One text and where it comes from."""

    name: str
    work: str
    """What it is a part of, by which it was put into its split."""
    text: str


class Corpus:
    """The documents of one split, drawn so that large works do not crowd out small ones."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.documents = tuple(documents)
        works: dict[str, list[Document]] = {}
        for document in self.documents:
            works.setdefault(document.work, []).append(document)
        self.works = {work: tuple(found) for work, found in sorted(works.items())}
        self._names = list(self.works)
        # The square root stands between drawing works alike and drawing characters alike.
        sizes = [sum(len(document.text) for document in found) ** 0.5 for found in self.works.values()]
        self._steps = list(accumulate(sizes))

    def draw(self, rng: random.Random) -> Document:
        """A document at random."""
        at = bisect_right(self._steps, rng.random() * self._steps[-1])
        return rng.choice(self.works[self._names[min(at, len(self._names) - 1)]])


def split_of(work: str) -> Split:
    """The split to which a work belongs, the same on every machine."""
    if work in HELD_OUT_WORKS:
        return "held_out"
    return "held_out" if int(hashlib.sha256(work.encode()).hexdigest(), 16) % 8 == 0 else "train"


@cache
def corpus(split: Split) -> Corpus:
    """The documents of a split: of the folders in `SMOOTHREAD_CORPORA`, else of what is installed.

    Read once and kept in memory; the extracted text is kept in the user's cache folder.
    """
    documents = [document for document in _all_documents() if split_of(document.work) == split]
    return Corpus(documents or (_topics() if split == "held_out" else _docstrings()))


def cache_file(name: str, version: int = 0) -> Path:
    """Where something made of the present corpora is kept: another file when the corpora, or the version, change."""
    return (
        user_cache_path("smoothread-agent") / "train" / f"{name}-{version}-{_fingerprint(_folders())}.jsonl"
    )


def _folders() -> list[str]:
    return [folder for folder in os.environ.get(FOLDERS_VARIABLE, "").split(":") if folder]


@cache
def _all_documents() -> tuple[Document, ...]:
    folders = _folders()
    store = cache_file("corpora")
    if not store.exists():
        store.parent.mkdir(parents=True, exist_ok=True)
        draft = store.with_suffix(f".{os.getpid()}")
        paths = sorted(_files(folders or _ROOTS))
        with draft.open("w", encoding="utf-8") as file:
            for document in _extracted(paths, {} if folders else _package_owners()):
                file.write(json.dumps([document.name, document.work, document.text]) + "\n")
        draft.replace(store)
    with store.open(encoding="utf-8") as file:
        found = [Document(*json.loads(line)) for line in file]
    return tuple(found) if folders else (*found, *_topics())


def _fingerprint(folders: Sequence[str]) -> str:
    """Changes when the corpora do. What is installed changes with the package lists, so these stand for it."""
    if not folders and _PACKAGES.exists():
        listing = f"{_PACKAGES.stat().st_size} {_PACKAGES.stat().st_mtime_ns}"
    else:
        listing = "\n".join(
            f"{path} {Path(path).stat().st_size}" for path in sorted(_files(folders or _ROOTS))
        )
    return hashlib.sha256(f"{_VERSION}\n{listing}".encode()).hexdigest()[:16]


def _files(roots: Iterable[str]) -> Iterator[str]:
    for root in roots:
        for folder, below, names in os.walk(root):
            below[:] = [name for name in below if not _UNWANTED.search(f"{folder}/{name}/")]
            for name in names:
                path = f"{folder}/{name}"
                wanted = _NAMES.fullmatch(name.removesuffix(".gz")) and not _UNWANTED.search(path)
                if wanted and not Path(path).is_symlink():
                    yield path


def _extracted(paths: Sequence[str], owners: dict[str, str]) -> Iterator[Document]:
    seen: set[bytes] = set()
    sizes: dict[str, int] = {}
    order = sorted(paths, key=lambda path: hashlib.sha256(path.encode()).digest())
    for path in map(Path, order):  # a fair sample of a work that is larger than its share
        work = _work_of(path, owners)
        if sizes.get(work, 0) >= _MOST_OF_WORK:
            continue
        try:
            text = plain_text(path)
        except (OSError, EOFError, ValueError):
            continue
        text = text[:_MOST]
        digest = hashlib.sha256(re.sub(r"\W+", "", text)[:4_000].encode()).digest()
        if len(text) < _LEAST or digest in seen or not is_english(text):
            continue
        if split_of(work) == "train" and _asked_about(text):
            continue
        seen.add(digest)
        sizes[work] = sizes.get(work, 0) + len(text)
        yield Document(str(path), work, text)


@cache
def _evidence() -> tuple[tuple[frozenset[str], str], ...]:
    """The words of each passage that answers a question of the evaluation, and the passage in those words."""
    passages = [re.findall(r"\w+", passage) for question in questions() for passage in question.evidence]
    return tuple((frozenset(words), " ".join(words)) for words in passages if sum(map(len, words)) > 20)


def _asked_about(text: str) -> bool:
    """Whether a passage that the evaluation asks about stands in the text, whatever is between its words."""
    words = re.findall(r"\w+", text)
    known, joined = frozenset(words), ""
    for needed, passage in _evidence():
        if needed <= known:
            joined = joined or " ".join(words)
            if passage in joined:
                return True
    return False


def _work_of(path: Path, owners: dict[str, str]) -> str:
    """The package that installed a file, without what tells its binary packages apart; else its folder."""
    name = owners.get(str(path)) or (path.parts[4] if str(path).startswith("/usr/share/doc/") else "")
    if not name:
        name = re.split(r"[-_.]", path.name)[0] if "/man/" in str(path) else path.parent.name
    name = re.sub(r"^lib(?=[a-z]{3})", "", name)
    name = re.sub(
        r"-(?:doc|docs|man|common|data|dev|utils|html|en|base|client|server|bin|info|perl)\b.*", "", name
    )
    return re.sub(r"(?<=[a-z])-?[\d.]+$", "", name) or name


def _package_owners() -> dict[str, str]:
    owners: dict[str, str] = {}
    for listing in Path("/var/lib/dpkg/info").glob("*.list"):
        package = listing.stem.split(":")[0]
        for line in listing.read_text(encoding="utf-8", errors="ignore").split("\n"):
            if line.startswith(_ROOTS):
                owners[line] = package
    return owners


@cache
def _topics() -> tuple[Document, ...]:
    """Python's own language reference, which every installation carries."""
    from pydoc_data.topics import topics

    return tuple(
        Document(f"pydoc:{name}", "python", text) for name, text in topics.items() if len(text) > 800
    )


@cache
def _docstrings() -> tuple[Document, ...]:
    """What the modules of the standard library say of themselves: text to train on where nothing is installed."""
    found = []
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("[a-z]*.py")):
        tree = ast.parse(path.read_bytes())
        defined = (ast.Module, ast.ClassDef, ast.FunctionDef)
        texts = [ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, defined)]
        text = "\n\n".join(filter(None, texts))
        if len(text) > _LEAST:
            found.append(Document(f"stdlib:{path.stem}", f"stdlib-{path.stem}", text))
    return tuple(found)
