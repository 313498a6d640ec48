"""`smoothread model`: the models that read."""

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.table import Table

from smoothread_agent.cli.terminal import Adapter, AsJson, dump, output, progress
from smoothread_agent.model.startup import collector_paused

app = typer.Typer(no_args_is_help=True, help="The models that read.")


@app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """The models that are on this machine."""
    from smoothread_agent.model import catalog

    entries = catalog.list_models()
    if as_json:
        dump([asdict(entry) for entry in entries])
        return
    table = Table("name", "kind", "size", "where")
    for entry in entries:
        where = str(entry.path) if entry.fault is None else f"[red]{entry.fault}[/]"
        table.add_row(entry.name, entry.kind, f"{entry.nbytes / 2**20:,.0f} MiB", where)
    output.print(table)


@app.command("info")
def model_info(
    name: Annotated[str | None, typer.Argument(help="As --model. [default: the embedded model]")] = None,
    adapter: Adapter = "none",
    as_json: AsJson = False,
) -> None:
    """What a model is: sizes, trained length, dtype, fingerprint; and whether and how it can be read with."""
    from smoothread_agent.model import catalog

    info = catalog.model_info(name, adapter=None if adapter == "none" else adapter)
    with progress.status("looking how it reads"), collector_paused():
        from smoothread_agent.model.verdict import judge

        verdict = judge(info.folder)
    _show(asdict(info) | asdict(verdict), as_json)


@app.command("pull")
def pull(
    name: Annotated[str | None, typer.Argument(help="A hub id to fetch, or a GGUF file to convert.")] = None,
    as_json: AsJson = False,
) -> None:
    """Get a model ready: fetch a hub id, convert a GGUF file (the embedded model's, if left out)."""
    from smoothread_agent.model import catalog

    with progress.status("getting the model ready") as status:
        info = catalog.model_info(name, allow_download=True, progress=status.update)
    _show(asdict(info), as_json)


def _show(info: dict[str, Any], as_json: bool) -> None:
    if as_json:
        dump(info)
        return
    table = Table(show_header=False)
    for field, value in info.items():
        table.add_row(field, f"{value:,}" if isinstance(value, int) else str(value))
    output.print(table)
