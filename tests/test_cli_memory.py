"""`smoothread memory` and `smoothread read --store`, as a user runs them."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from smoothread_agent.cli import app
from smoothread_agent.errors import RequestError
from smoothread_agent.memory.samples import CHUNKS, CONDITIONS, a_result, a_source, put
from smoothread_agent.memory.store import MemoryStore

OTHER = ("Rye bread rises ", "for eight hours ", "in a warm place.")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A store of three checkpoints and a result."""
    store = MemoryStore(tmp_path / "store")
    put(store, 3)
    put(store, len(CHUNKS), final=True)
    put(store, 2, chunks=OTHER)
    store.save_result("1" * 64, CONDITIONS, a_result())
    return tmp_path / "store"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=True)


def memory(command: str, place: Path, *more: object) -> Result:
    return run("memory", command, *more, "--store", place)


def told(command: str, place: Path, *more: object) -> Any:
    done = memory(command, place, *more, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_what_is_stored_is_listed(place: Path) -> None:
    listed = told("list", place)
    assert sorted((entry["kind"], entry["chunks_read"]) for entry in listed) == [
        ("checkpoint", 2), ("checkpoint", 3), ("checkpoint", 4), ("result", 4)
    ]  # fmt: skip
    shown = memory("list", place).output
    assert "4 entries" in shown
    assert all(entry["key"][:12] in shown for entry in listed)
    assert told("list", place, "--namespace", "theirs") == []


def test_the_store_can_be_named_by_the_environment(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMOOTHREAD_STORE", str(place))
    assert len(json.loads(run("memory", "list", "--json").stdout)) == 4
    monkeypatch.delenv("SMOOTHREAD_STORE")
    assert run("memory", "list").exit_code == 2


def test_an_entry_is_shown_by_the_beginning_of_its_key(place: Path) -> None:
    shown = told("show", place, "1111")
    assert (shown["entry"]["kind"], shown["found"]["answer"]) == ("result", "Jasper Aloic")
    checkpoint = next(entry for entry in told("list", place) if entry["chunks_read"] == 3)
    assert told("show", place, checkpoint["key"][:16])["found"]["pending"] == [5, 0, 49151]
    assert "Jasper Aloic" in memory("show", place, checkpoint["key"]).output
    for key in ("", "zz"):
        with pytest.raises(RequestError, match="begin with"):
            raise memory("show", place, key).exception  # type: ignore[misc]


def test_sources_are_found(place: Path) -> None:
    found = told("find", place, "Jasper Aloic", "--limit", 1)
    assert [each["source"]["digest"] for each in found] == [a_source().digest]
    assert "bridge.txt" in memory("find", place, "Jasper Aloic").output


def test_what_is_damaged_is_named_and_fails(place: Path) -> None:
    assert told("verify", place) == []
    blob = next(place.rglob("*.safetensors"))
    blob.write_bytes(blob.read_bytes()[:-1])
    done = memory("verify", place, "--json")
    assert done.exit_code == 1
    (problem,) = json.loads(done.stdout)
    assert (problem["kind"], problem["aside"]) == ("checkpoint", True)
    assert "cut off" in problem["reason"]
    assert "sound" in memory("verify", place).output


def test_entries_are_forgotten_by_key_or_source(place: Path) -> None:
    assert told("forget", place, "1111") == {"forgotten": 1}
    assert told("forget", place, "--source", a_source().digest) == {"forgotten": 2}
    assert [entry["source"]["digest"] for entry in told("list", place)] == [a_source(OTHER).digest]
    assert isinstance(memory("forget", place).exception, RequestError)


def test_pruning_keeps_to_a_quota_and_an_age(place: Path) -> None:
    assert told("prune", place) == {"pruned": 0}
    assert told("prune", place, "--quota-mib", 0.004) == {"pruned": 3}
    assert [entry["kind"] for entry in told("list", place)] == ["result"]
    assert told("prune", place, "--ttl-days", 0) == {"pruned": 1}


def test_an_export_is_imported_elsewhere(place: Path, tmp_path: Path) -> None:
    archive, elsewhere = tmp_path / "all.zip", tmp_path / "elsewhere"
    assert told("export", place, archive) == {"exported": 4}
    assert told("import", elsewhere, archive) == {"imported": 4}
    assert {entry["key"] for entry in told("list", elsewhere)} == {
        entry["key"] for entry in told("list", place)
    }
    assert told("export", place, archive, "1111") == {"exported": 1}


def test_the_index_is_built_again_from_the_files(place: Path, tmp_path: Path) -> None:
    pytest.importorskip("chromadb")
    assert told("rebuild", place, "--index", tmp_path / "index") == {"indexed": 4}
    with pytest.raises(RequestError, match="--index"):
        raise memory("rebuild", place).exception  # type: ignore[misc]


def test_a_source_is_read_once(tiny_folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "log.txt"
    source.write_text("On the 3rd of May 1851 the ship left the harbour with 12 men. " * 12)
    arguments = (
        "read", source, "--task", "When?", "--model", tiny_folder, "--chunk", 128, "--no-stop", "--max-chunks", 2,
        "--store", tmp_path / "store",
    )  # fmt: skip
    first = json.loads(run(*arguments, "--json").stdout)
    assert first["reuse"]["tokens_read_now"] == first["coverage"]["tokens_read"] > 0
    again = run(*arguments)
    assert "a stored result, nothing was read now" in " ".join(again.stdout.split())
    anew = json.loads(run(*arguments, "--refresh", "--json").stdout)
    assert anew["reuse"]["tokens_read_now"] == first["coverage"]["tokens_read"]
    more = json.loads(run(*arguments[:-4], "--max-chunks", 3, *arguments[-2:], "--json").stdout)
    assert more["reuse"]["tokens_from_checkpoint"] == first["coverage"]["tokens_read"]
    by_source = (*arguments, "--json", "--order", "source_first", "--refresh", "--window", 1024)
    assert json.loads(run(*by_source).stdout)["order"] == "source_first"
    assert json.loads(run(*by_source[:-3], "--window", 1024, "--visit", "promise").stdout)["reuse"][
        "checkpoint"
    ]
