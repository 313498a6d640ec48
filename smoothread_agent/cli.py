"""The command line: `smoothread read`, `smoothread model`. Quick to start: torch is imported when a model is needed."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from smoothread_agent.display import Display
from smoothread_agent.errors import SmoothReadError
from smoothread_agent.model.startup import collector_paused
from smoothread_agent.schema import ClueKind, ReadingResult

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Reads long sources with a recurrent LLM, chunk by chunk.",
)
models = typer.Typer(no_args_is_help=True, help="The models that read.")
app.add_typer(models, name="model")

_progress = Console(stderr=True)
_output = Console()

ModelName = Annotated[
    str | None,
    typer.Option("--model", "-m", help="Folder in hub layout, GGUF file or hub id. [default: embedded]"),
]
Adapter = Annotated[str, typer.Option(help="LoRA folder in PEFT layout, 'auto' (the shipped one) or 'none'.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout; progress stays on stderr.")]


def main() -> None:
    """Run the command line; our own errors are one line, and exit with 1."""
    try:
        app()
    except SmoothReadError as error:
        _progress.print(f"[red]smoothread:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        sys.exit(1)


@app.command()
def read(
    source: Annotated[
        str, typer.Argument(help="A file (text, Markdown, HTML, PDF), a folder of them, or - for stdin.")
    ],
    task: Annotated[str, typer.Option("--task", "-t", help="The question to answer, or what to collect.")],
    model: ModelName = None,
    adapter: Adapter = "auto",
    arm: Annotated[
        str, typer.Option(help="smooth (the method), reset or whole (what it is measured against).")
    ] = "smooth",
    clues: Annotated[
        str, typer.Option(help="quote: verbatim evidence; note: free notes, to summarise.")
    ] = "quote",
    window: Annotated[int, typer.Option(help="Tokens in sight beside the task.")] = 1024,
    chunk: Annotated[int, typer.Option(help="Tokens a chunk at the most.")] = 512,
    max_tokens: Annotated[int | None, typer.Option(help="Source tokens to read at the most.")] = None,
    max_chunks: Annotated[int | None, typer.Option(help="Chunks to read at the most.")] = None,
    max_seconds: Annotated[float | None, typer.Option(help="Seconds after which no chunk is begun.")] = None,
    stop: Annotated[
        bool, typer.Option("--stop/--no-stop", help="Whether the model may end the reading.")
    ] = True,
    encoding: Annotated[str | None, typer.Option(help="Of text that is not UTF-8.")] = None,
    device: Annotated[
        str | None, typer.Option(help="cuda, cpu or mps. [default: cuda where there is one]")
    ] = None,
    dtype: Annotated[
        str | None, typer.Option(help="bf16, fp16 or fp32. [default: what the device multiplies fast]")
    ] = None,
    download: Annotated[
        bool, typer.Option("--download", help="Fetch a hub id that is not on this machine.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read SOURCE for a task, and answer. Ctrl-C ends the reading and shows what was found so far."""
    from smoothread_agent.sources import load_source

    text = load_source(sys.stdin.buffer.read() if source == "-" else Path(source), encoding=encoding)
    for missing in text.skipped:
        _progress.print(f"[yellow]skipped[/] {escape(str(missing))}", highlight=False, soft_wrap=True)
    with _progress.status("opening the model") as status:
        with collector_paused():
            from smoothread_agent.reader import SmoothReader
            from smoothread_agent.reading.policy import StopPolicy

        reader = SmoothReader.from_pretrained(
            model,
            adapter=None if adapter == "none" else adapter,
            window=window,
            device=device,
            dtype=dtype,
            allow_download=download,
            progress=status.update,
            arm=_one_of("arm", arm, ("smooth", "reset", "whole")),
            chunk=chunk,
            stop=StopPolicy(when="model" if stop else "never"),
        )
    kind: ClueKind = _one_of("clues", clues, ("quote", "note"))
    request = {"task": task, "source": text, "clues": kind}
    request |= {"max_tokens": max_tokens, "max_chunks": max_chunks, "max_seconds": max_seconds}
    with _ctrl_c() as cancelled, Display(_progress) as display:
        for step in reader.read(request, cancelled=cancelled):
            if isinstance(step, ReadingResult):
                result = step
            else:
                display.show(step)
    if as_json:
        print(result.model_dump_json(indent=2))
    else:
        Display(_output).result(result)
    if cancelled.is_set():
        raise typer.Exit(130)


@models.command("list")
def list_models(as_json: AsJson = False) -> None:
    """The models that are on this machine."""
    from smoothread_agent.model import catalog

    entries = catalog.list_models()
    if as_json:
        _dump([asdict(entry) for entry in entries])
        return
    table = Table("name", "kind", "size", "where")
    for entry in entries:
        where = str(entry.path) if entry.fault is None else f"[red]{entry.fault}[/]"
        table.add_row(entry.name, entry.kind, f"{entry.nbytes / 2**20:,.0f} MiB", where)
    _output.print(table)


@models.command("info")
def model_info(
    name: Annotated[str | None, typer.Argument(help="As --model. [default: the embedded model]")] = None,
    adapter: Adapter = "none",
    as_json: AsJson = False,
) -> None:
    """What a model is: sizes, trained length, dtype, fingerprint; and whether and how it can be read with."""
    from smoothread_agent.model import catalog

    info = catalog.model_info(name, adapter=None if adapter == "none" else adapter)
    with _progress.status("looking how it reads"), collector_paused():
        from smoothread_agent.model.verdict import judge

        verdict = judge(info.folder)
    _show(asdict(info) | asdict(verdict), as_json)


@models.command("pull")
def pull(
    name: Annotated[str | None, typer.Argument(help="A hub id to fetch, or a GGUF file to convert.")] = None,
    as_json: AsJson = False,
) -> None:
    """Get a model ready: fetch a hub id, convert a GGUF file (the embedded model's, if left out)."""
    from smoothread_agent.model import catalog

    with _progress.status("getting the model ready") as status:
        info = catalog.model_info(name, allow_download=True, progress=status.update)
    _show(asdict(info), as_json)


def _show(info: dict[str, Any], as_json: bool) -> None:
    if as_json:
        _dump(info)
        return
    table = Table(show_header=False)
    for field, value in info.items():
        table.add_row(field, f"{value:,}" if isinstance(value, int) else str(value))
    _output.print(table)


def _dump(value: Any) -> None:
    import json

    print(json.dumps(value, indent=2, default=str))


def _one_of(option: str, value: str, allowed: tuple[str, ...]) -> Any:
    if value not in allowed:
        raise typer.BadParameter(f"--{option} is one of {', '.join(allowed)}, not {value!r}")
    return value


@contextmanager
def _ctrl_c() -> Iterator[threading.Event]:
    """The first Ctrl-C sets the event, which ends the reading after its chunk; the second one interrupts at once."""
    cancelled = threading.Event()

    def handle(_: int, __: FrameType | None) -> None:
        if cancelled.is_set():
            raise KeyboardInterrupt
        cancelled.set()
        _progress.print("[yellow]ending after this chunk; Ctrl-C again to end at once[/]")

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield cancelled
    finally:
        signal.signal(signal.SIGINT, before)


if __name__ == "__main__":
    main()
