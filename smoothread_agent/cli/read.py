"""`smoothread read`: a source, a task, an answer with its evidence."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.markup import escape

from smoothread_agent.cli.memory import Index, Place, opened
from smoothread_agent.cli.terminal import Adapter, AsJson, ModelName, one_of, output, progress
from smoothread_agent.display import Display
from smoothread_agent.model.startup import collector_paused
from smoothread_agent.schema import ClueKind, ReadingResult


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
    order: Annotated[
        str, typer.Option(help="task_first, or source_first: memory that serves every later task.")
    ] = "task_first",
    visit: Annotated[
        str,
        typer.Option(help="in_order, or promise (source first, with a store): the likeliest chunks first."),
    ] = "in_order",
    store: Place = None,
    index: Index = None,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Read from the beginning, whatever is stored.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read SOURCE for a task, and answer. Ctrl-C ends the reading and shows what was found so far.

    With a store, the same reading goes on from there at the next call, and a finished one is not read again.
    """
    from smoothread_agent.sources import load_source

    text = load_source(sys.stdin.buffer.read() if source == "-" else Path(source), encoding=encoding)
    for missing in text.skipped:
        progress.print(f"[yellow]skipped[/] {escape(str(missing))}", highlight=False, soft_wrap=True)
    with progress.status("opening the model") as status:
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
            arm=one_of("arm", arm, ("smooth", "reset", "whole")),
            chunk=chunk,
            stop=StopPolicy(when="model" if stop else "never"),
            order=one_of("order", order, ("task_first", "source_first")),
            visit=one_of("visit", visit, ("in_order", "promise")),
            store=None if store is None else opened(store, index),
        )
    kind: ClueKind = one_of("clues", clues, ("quote", "note"))
    request = {"task": task, "source": text, "clues": kind, "refresh": refresh}
    request |= {"max_tokens": max_tokens, "max_chunks": max_chunks, "max_seconds": max_seconds}
    with _ctrl_c() as cancelled, Display(progress) as display:
        for step in reader.read(request, cancelled=cancelled):
            if isinstance(step, ReadingResult):
                result = step
            else:
                display.show(step)
    if as_json:
        print(result.model_dump_json(indent=2))
    else:
        Display(output).result(result)
    if cancelled.is_set():
        raise typer.Exit(130)


@contextmanager
def _ctrl_c() -> Iterator[threading.Event]:
    """The first Ctrl-C sets the event, which ends the reading after its chunk; the second one interrupts at once."""
    cancelled = threading.Event()

    def handle(_: int, __: FrameType | None) -> None:
        if cancelled.is_set():
            raise KeyboardInterrupt
        cancelled.set()
        progress.print("[yellow]ending after this chunk; Ctrl-C again to end at once[/]")

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield cancelled
    finally:
        signal.signal(signal.SIGINT, before)
