from pathlib import Path

import pytest

from smoothread_agent.errors import SourceError
from smoothread_agent.sources import Source, load_source

PATHS = [
    "/etc/passwd",
    "~/notes",
    "./notes",
    "../up/notes",
    r"C:\docs\report",
    "C:/docs/report",
    r"\\server\share",
    "report.pdf",
    "docs/report.HTML",
    "  notes.txt\n",
    "README.md",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("roots", [None, []])
def test_a_text_that_is_a_path_is_refused_and_told_both_ways_out(path: str, roots: list[Path] | None) -> None:
    with pytest.raises(SourceError, match=r"looks like a path.*pass pathlib\.Path\(.*Source\("):
        load_source(path, allowed_roots=roots)
    assert load_source(Source(path)).text == path


@pytest.mark.parametrize("address", ["https://example.org/a", "file:///etc/passwd", "s3://bucket/key"])
def test_an_address_is_refused_since_nothing_is_fetched(address: str) -> None:
    with pytest.raises(SourceError, match="nothing is fetched here"):
        load_source(address)


@pytest.mark.parametrize(
    "text",
    [
        "The report is in report.pdf",
        "/etc/hosts lists names.",
        "first line\n/etc/passwd",
        "word",
        "N/A",
        "and/or",
        "See https://example.org/a",
        "文章。",
        "a" * 2000 + ".txt",
        "50% of ~half",
    ],
)
def test_any_other_text_is_text(text: str) -> None:
    assert load_source(text).text == text


def test_a_text_that_names_an_existing_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my notes").write_text("secret", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    for name in ("my notes", "folder"):
        with pytest.raises(SourceError, match="looks like a path"):
            load_source(name)


def test_under_a_policy_a_text_tells_nothing_of_what_exists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my notes").write_text("secret", encoding="utf-8")
    assert load_source("my notes", allowed_roots=[tmp_path]).text == "my notes"
