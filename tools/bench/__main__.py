"""The benches' command line."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Ratios measured side by side in one run.")
AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout.")]


@app.callback()
def _benches() -> None:
    """Ratios measured side by side in one run."""


@app.command()
def read(
    lengths: Annotated[str, typer.Option(help="Tokens, comma separated.")] = "4k,16k,32k",
    contestants: Annotated[
        str | None, typer.Option(help="bare, smooth, full, llama.cpp; all that are installed")
    ] = None,
    repeats: Annotated[int, typer.Option(help="Runs of each, in turn; medians are shown.")] = 1,
    window: int = 1024,
    chunk: int = 512,
    as_json: AsJson = False,
) -> None:
    """Bare chunked prefill, SmoothReader, full attention and llama.cpp over the same text with the same weights."""
    from tools.bench.read import default_contestants, measure, ratios

    console = Console(stderr=True)
    names = contestants.split(",") if contestants else default_contestants()
    with console.status("reading") as status:
        rows = measure([_tokens(n) for n in lengths.split(",")], names, repeats, window, chunk, status.update)
    _show({"window": window, "chunk": chunk}, {"rows": rows, "ratios": ratios(rows)}, as_json)


@app.command()
def train(
    lengths: Annotated[str, typer.Option(help="Tokens, comma separated.")] = "2k,4k,8k,16k",
    window: int = 1024,
    chunk: int = 512,
    as_json: AsJson = False,
) -> None:
    """A training step on one long trajectory: windowed reading beside full attention, on the same weights."""
    from tools.bench.train import growth, measure

    console = Console(stderr=True)
    with console.status("training") as status:
        rows = measure([_tokens(n) for n in lengths.split(",")], window, chunk, status.update)
    _show({"window": window, "chunk": chunk}, {"rows": rows, "growth": growth(rows)}, as_json)


def _show(settings: dict[str, Any], tables: dict[str, list[dict[str, Any]]], as_json: bool) -> None:
    """Tables by title, or all of it as JSON."""
    if as_json:
        print(json.dumps({**settings, **tables}, indent=2))
        return
    for title, lines in tables.items():
        table = Table(*lines[0].keys() if lines else (), title=title)
        for line in lines:
            table.add_row(*(str(line.get(key, "")) for key in lines[0]))
        Console().print(table)


def _tokens(text: str) -> int:
    """`4k` is 4,096 tokens."""
    return int(text[:-1]) * 1024 if text.endswith("k") else int(text)


if __name__ == "__main__":
    app()
