"""The benches' command line."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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

    names = contestants.split(",") if contestants else default_contestants()
    with _progress("reading") as tell:
        rows = measure([_tokens(n) for n in lengths.split(",")], names, repeats, window, chunk, tell)
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

    with _progress("training") as tell:
        rows = measure([_tokens(n) for n in lengths.split(",")], window, chunk, tell)
    _show({"window": window, "chunk": chunk}, {"rows": rows, "growth": growth(rows)}, as_json)


@app.command()
def memory(
    tokens: Annotated[str, typer.Option(help="Length of the text that is read again.")] = "32k",
    grown: Annotated[str, typer.Option(help="Tokens that are added to it.")] = "2k",
    promising: Annotated[int, typer.Option(help="Chunks visited in the order of promise.")] = 4,
    codec_tokens: Annotated[int, typer.Option(help="Tokens before the checkpoint that codecs pack.")] = 1536,
    after: Annotated[int, typer.Option(help="Tokens after it, on which logits are compared.")] = 64,
    repeats: Annotated[int, typer.Option(help="Saves and restores of each codec; medians are shown.")] = 5,
    codec: Annotated[
        str, typer.Option(help="exact, bf16 or int8: of the stores that are read from.")
    ] = "exact",
    reuse: Annotated[
        bool, typer.Option("--reuse/--codecs-only", help="Whether to read the long text.")
    ] = True,
    answers: Annotated[
        int, typer.Option(help="Readings that break off and go on from each codec's memory.")
    ] = 0,
    visits: Annotated[
        int, typer.Option(help="Questions asked task first, source first in order, and by promise.")
    ] = 0,
    model: Annotated[str | None, typer.Option(help="Folder in hub layout. [default: embedded]")] = None,
    window: int = 1024,
    chunk: int = 512,
    dtype: Annotated[str | None, typer.Option(help="fp32 or bf16. [default: as the reader chooses]")] = None,
    as_json: AsJson = False,
) -> None:
    """Codecs and their errors; a second question beside the first, a source that grew, and what checkpoints cost."""
    from smoothread_agent.reader import SmoothReader
    from smoothread_agent.reading.engine import EngineSpec
    from tools.bench.memory_answers import measure_answers
    from tools.bench.memory_codecs import CODECS, measure_codecs
    from tools.bench.memory_reuse import bench_reader, measure_reuse, ratios
    from tools.bench.memory_visits import measure_visits

    if codec not in CODECS:
        raise typer.BadParameter(f"--codec is one of {', '.join(CODECS)}, not {codec!r}")
    spec = EngineSpec(model=model, window=window, dtype=dtype)
    reader = bench_reader(spec, chunk)
    with _progress("packing") as tell:
        tables = {"codecs": measure_codecs(reader.opened(), codec_tokens, after, repeats)}
        if reuse:
            rows = measure_reuse(
                reader,
                _tokens(tokens),
                _tokens(grown),
                promising,
                next(c for c in CODECS if c == codec),
                tell,
            )
            tables |= {"reuse": rows, "ratios": [ratios(rows)]}
        asked = SmoothReader(spec=spec, chunk=chunk)
        if answers:
            tables["answers"] = measure_answers(asked, CODECS, 4 * chunk, answers, tell)
        if visits:
            tables["visits"] = measure_visits(asked, 8 * chunk, visits, promising, tell)
    _show(
        {"window": window, "chunk": chunk, "dtype": str(reader.opened().ready().model.dtype)}, tables, as_json
    )


@app.command()
def rwkv7(
    layers: int = 12,
    hidden: int = 768,
    vocabulary: int = 8192,
    prefill: Annotated[int, typer.Option(help="Tokens of a text.")] = 512,
    decode: Annotated[int, typer.Option(help="Tokens one by one behind it.")] = 32,
    repeats: Annotated[int, typer.Option(help="Runs of each, in turn; medians are shown.")] = 5,
    as_json: AsJson = False,
) -> None:
    """RWKV-7 on the CPU beside its author's package, on the same random weights of a released model's sizes."""
    import torch

    from tools.bench.rwkv7 import measure, sizes

    rows = measure(sizes(layers, hidden, vocabulary), prefill, decode, repeats)
    _show({"threads": torch.get_num_threads()}, {"rows": rows}, as_json)


@contextmanager
def _progress(label: str) -> Iterator[Callable[[str], None]]:
    """What is being measured, on stderr: a line that changes on a terminal, else a line each."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield console.print
        return
    with console.status(label) as status:
        yield status.update


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
