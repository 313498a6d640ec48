"""`smoothread memory`: what a store holds, whether it is sound, and what is to go."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer
from rich.markup import escape
from rich.table import Column, Table

from smoothread_agent.cli.terminal import AsJson, dump, output, progress
from smoothread_agent.errors import RequestError
from smoothread_agent.model.startup import collector_paused

if TYPE_CHECKING:
    from smoothread_agent.memory.entries import Entry
    from smoothread_agent.memory.store import MemoryStore

app = typer.Typer(no_args_is_help=True, help="Memory and results of readings that are kept in a store.")

Place = Annotated[
    str | None,
    typer.Option("--store", "-s", envvar="SMOOTHREAD_STORE", help="Folder or fsspec URL of a store."),
]
Stored = Annotated[
    str, typer.Option("--store", "-s", envvar="SMOOTHREAD_STORE", help="Folder or fsspec URL of a store.")
]
Index = Annotated[
    str | None,
    typer.Option(
        envvar="SMOOTHREAD_INDEX", help="Its Chroma index: a folder, or http://host:port of a server."
    ),
]
Namespace = Annotated[str, typer.Option(help="Whose memory.")]
Key = Annotated[str, typer.Argument(help="Key of an entry, or the beginning of one.")]


def opened(store: str, index: str | None = None, namespace: str = "default", **options: Any) -> MemoryStore:
    """The store at `store`, with the index at `index`.

    Raises:
        MemoryStoreError: either cannot be opened.
    """
    with collector_paused():
        from smoothread_agent.memory.store import MemoryStore

    return MemoryStore(store, namespace=namespace, index=None if index is None else _index(index), **options)


def _index(index: str) -> Any:
    from smoothread_agent.memory.chroma import ChromaIndex

    url = urlsplit(index)
    if url.scheme in ("http", "https") and url.hostname:
        return ChromaIndex(host=url.hostname, port=url.port or 8000, ssl=url.scheme == "https")
    return ChromaIndex(index)


@app.command("list")
def list_(
    store: Stored, index: Index = None, namespace: Namespace = "default", as_json: AsJson = False
) -> None:
    """What is stored, newest use first."""
    entries = opened(store, index, namespace).entries()
    if as_json:
        dump([entry.model_dump(mode="json") for entry in entries])
        return
    table = Table(
        Column("key", min_width=12), "kind", "source", "task", "chunks", "tokens", "MiB", "last used"
    )
    for entry in entries:
        table.add_row(*_row(entry))
    output.print(table)
    output.print(f"[dim]{len(entries)} entries, {sum(each.nbytes for each in entries) / 2**20:,.1f} MiB[/]")


def _row(entry: Entry) -> tuple[str, ...]:
    used = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.used))
    kind = entry.kind if entry.final else "on the way"
    size = f"{entry.nbytes / 2**20:,.1f}"
    task = escape(entry.task or "(any)")
    return (
        entry.key[:12], kind, escape(entry.source.name), task, str(entry.chunks_read), f"{entry.tokens_read:,}",
        size, used,
    )  # fmt: skip


@app.command()
def show(key: Key, store: Stored, namespace: Namespace = "default", as_json: AsJson = False) -> None:
    """One entry: under which conditions it was read, and what was found."""
    at = opened(store, None, namespace)
    entry = _entry(at, key)
    if entry.kind == "result":
        found = at.results.read(entry.key).result.model_dump(mode="json")
    else:
        manifest = at.checkpoints.manifest(at.checkpoints.folder_of(entry.conditions), entry.key)
        found = manifest.state.model_dump(mode="json")
    if as_json:
        dump({"entry": entry.model_dump(mode="json"), "found": found})
        return
    table = Table(show_header=False)
    conditions = entry.conditions
    rows = entry.model_dump(mode="json", exclude={"conditions", "source"})
    rows |= {"source": entry.source.name, "model": conditions.model, "order": conditions.order}
    for name, value in {**rows, "answer": found.get("answer", "")}.items():
        table.add_row(name, escape(str(value)))
    for clue in found["clues"]:
        table.add_row("clue", escape(f"{clue['start']:,}-{clue['end']:,}  {' '.join(clue['text'].split())}"))
    output.print(table)


@app.command()
def find(
    query: str,
    store: Stored,
    index: Index = None,
    namespace: Namespace = "default",
    limit: Annotated[int, typer.Option(help="Sources at the most.")] = 5,
    as_json: AsJson = False,
) -> None:
    """The sources that were read and are closest to QUERY."""
    found = opened(store, index, namespace).find_sources(query, limit)
    if as_json:
        dump(
            [
                {
                    "source": each.source.model_dump(),
                    "score": each.score,
                    "text": each.text,
                    "entries": each.entries,
                }
                for each in found
            ]
        )
        return
    table = Table("score", "source", "because of")
    for each in found:
        table.add_row(
            f"{each.score:.2f}", escape(each.source.name), escape(" ".join(each.text.split())[:200])
        )
    output.print(table)


@app.command()
def verify(
    store: Stored, index: Index = None, namespace: Namespace = "default", as_json: AsJson = False
) -> None:
    """Read everything; set aside what is not as it was written. Exits with 1 if anything was damaged."""
    from smoothread_agent.memory.maintenance import verify as verify_store

    problems = verify_store(opened(store, index, namespace))
    if as_json:
        dump([problem.model_dump(mode="json") for problem in problems])
    for problem in problems if not as_json else ():
        where = "set aside" if problem.aside else "left where it lies"
        output.print(f"[red]{problem.kind} {problem.key[:12]}[/]  {escape(problem.reason)}  [dim]{where}[/]")
    progress.print("sound" if not problems else f"{len(problems)} damaged")
    if problems:
        raise typer.Exit(1)


@app.command()
def rebuild(
    store: Stored, index: Index = None, namespace: Namespace = "default", as_json: AsJson = False
) -> None:
    """Make the index again, from the files alone."""
    if index is None:
        raise RequestError("there is no index to rebuild: name its folder or its server with --index")
    _done({"indexed": opened(store, index, namespace).catalogue.rebuild()}, as_json)


@app.command()
def forget(
    store: Stored,
    key: Annotated[str | None, typer.Argument(help="Key of an entry, or the beginning of one.")] = None,
    source: Annotated[str | None, typer.Option(help="Digest of a source: all that was read of it.")] = None,
    index: Index = None,
    namespace: Namespace = "default",
    as_json: AsJson = False,
) -> None:
    """Delete one entry, or all of a source."""
    at = opened(store, index, namespace)
    if key is not None and len(key) < 64:
        key = _entry(at, key).key
    _done({"forgotten": at.forget(key=key, source=source)}, as_json)


@app.command()
def prune(
    store: Stored,
    quota_mib: Annotated[float | None, typer.Option(help="Room for the namespace; the rest goes.")] = None,
    ttl_days: Annotated[float | None, typer.Option(help="What was not used for so long goes.")] = None,
    grace_seconds: Annotated[
        float, typer.Option(help="Age from which files that nothing names count as left behind.")
    ] = 3600.0,
    index: Index = None,
    namespace: Namespace = "default",
    as_json: AsJson = False,
) -> None:
    """Delete what is expired or past the quota, what crashes left behind, and what was set aside."""
    from smoothread_agent.memory.maintenance import prune as prune_store

    quota = None if quota_mib is None else int(quota_mib * 2**20)
    ttl = None if ttl_days is None else ttl_days * 86400
    at = opened(store, index, namespace, quota_bytes=quota, ttl_seconds=ttl)
    _done({"pruned": prune_store(at, grace_seconds=grace_seconds)}, as_json)


@app.command()
def export(
    archive: Annotated[Path, typer.Argument(help="The zip to write.")],
    store: Stored,
    keys: Annotated[list[str] | None, typer.Argument(help="Entries, by the beginning of their keys.")] = None,
    namespace: Namespace = "default",
    as_json: AsJson = False,
) -> None:
    """Write entries to one archive; all, if none is named."""
    from smoothread_agent.memory.maintenance import export as export_store

    at = opened(store, None, namespace)
    wanted = [_entry(at, key).key for key in keys] if keys else None
    _done({"exported": export_store(at, archive, keys=wanted)}, as_json)


@app.command("import")
def import_(
    archive: Annotated[Path, typer.Argument(help="A zip that export wrote.")],
    store: Stored,
    index: Index = None,
    namespace: Namespace = "default",
    as_json: AsJson = False,
) -> None:
    """Take the entries of an archive. Import from those alone whom you would let write the summaries."""
    from smoothread_agent.memory.maintenance import import_ as import_store

    _done({"imported": import_store(opened(store, index, namespace), archive)}, as_json)


def _entry(store: MemoryStore, key: str) -> Entry:
    """The one entry whose key begins with `key`."""
    found = [entry for entry in store.entries() if entry.key.startswith(key)]
    if len(found) != 1:
        number = "no entry" if not found else f"{len(found)} entries"
        raise RequestError(
            f"{number} of this namespace begin with {key!r}: `smoothread memory list` shows the keys"
        )
    return found[0]


def _done(count: dict[str, int], as_json: bool) -> None:
    """Say how many entries something was done to."""
    if as_json:
        dump(count)
    else:
        for verb, number in count.items():
            output.print(f"{number} {verb}")
