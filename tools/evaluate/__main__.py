"""`python -m tools.evaluate`: run suites by arms, and print what came of it.

    python -m tools.evaluate --suite ruler --lengths 4k,16k --arms smooth,reset --cases 5 --out
    runs/evaluation

A run that was killed goes on where it was when the same command is given again.
"""

import json
import re
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from smoothread_agent.errors import SmoothReadError
from tools.evaluate import summary, table
from tools.evaluate.arms.arm import ARMS, Settings
from tools.evaluate.runner import ALL_SUITES, LONGBENCH, Failure, Plan, run
from tools.evaluate.store import Row, Store, StoreError
from tools.evaluate.suites.longbench import LongBenchError, left_out
from tools.evaluate.suites.questions import left_out as questions_left_out

HEAVY = {"full": 16_384, "refine": 16_384}
"""Arms whose time grows too fast for long texts on a CPU, and the longest text they are given by default."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
_WIDTH = 200
"""Characters of a table that goes into a file or a pipe, where nobody has said how wide it may be."""

_notes = Console(stderr=True)


@app.command()
def main(
    suite: Annotated[str, typer.Option(help=f"Suites, by commas: {', '.join(ALL_SUITES)}.")] = "ruler",
    lengths: Annotated[str, typer.Option(help="Tokens of text, by commas: 4k,16k,64k.")] = "4k",
    arms: Annotated[str, typer.Option(help=f"By commas: {', '.join(ARMS)}.")] = "smooth,reset,whole",
    cases: Annotated[int, typer.Option(min=1, help="Cases a task, length and seed.")] = 5,
    seeds: Annotated[str, typer.Option(help="Whole numbers, by commas.")] = "0",
    tasks: Annotated[str, typer.Option(help="Tasks, by commas; all if empty.")] = "",
    limit: Annotated[
        list[str] | None,
        typer.Option(help="Longest text of an arm, as full=16k. [default: full=16k, refine=16k]"),
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Folder with LongBench's files.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the results; what is there is not run again.")] = Path(
        "runs/evaluation"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    model: Annotated[str | None, typer.Option(help="Model; the default model if not given.")] = None,
    adapter: Annotated[str, typer.Option(help="Folder of a LoRA adapter, `auto` or `none`.")] = "auto",
    chunk: Annotated[int, typer.Option(help="Tokens a chunk.")] = 512,
    window: Annotated[int, typer.Option(help="Tokens that stay in sight.")] = 1024,
    answer_tokens: Annotated[int, typer.Option(help="Bound on an answer.")] = 96,
    device: Annotated[str | None, typer.Option(help="cpu or cuda; chosen if not given.")] = None,
    dtype: Annotated[str | None, typer.Option(help="bf16, fp16 or fp32; chosen if not given.")] = None,
    list_missing: Annotated[
        bool, typer.Option(help="Tell which real questions are left out here, and why.")
    ] = False,
) -> None:
    """Measure readers: every case of the suites by every arm."""
    if list_missing:
        for reason in questions_left_out():
            typer.echo(reason)
        return
    settings = Settings(model, adapter, chunk, window, answer_tokens, device, dtype)
    try:
        plan = Plan(
            suites=_split(suite),
            lengths=[tokens(length) for length in _split(lengths)],
            arms=_known(_split(arms)),
            cases=cases,
            seeds=[int(seed) for seed in _split(seeds)],
            tasks=_split(tasks),
            longest=_limits(limit),
            data=data,
        )
        rows, failures = _run(plan, settings, out)
    except (ValueError, LongBenchError, StoreError, SmoothReadError) as error:
        _notes.print(f"[red]{error}")
        raise typer.Exit(2) from error
    _tell_left_out(plan)
    _show(rows, plan, as_json)
    for failure in failures:
        _notes.print(f"[red]{failure.case} {failure.arm}: {failure.reason}")
    if failures:
        raise typer.Exit(1)


def _run(plan: Plan, settings: Settings, out: Path) -> tuple[list[Row], list[Failure]]:
    """Run the plan behind a progress bar; the rows in the folder by the readers of this run, and what failed."""
    # Opening torch takes seconds: not before the plan is known to be sound.
    from tools.evaluate.arms.workbench import Workbench

    workbench = Workbench(settings)
    failures: list[Failure] = []
    readers: set[tuple[str, ...]] = set()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Store(out) as store, Bar(*columns, console=_notes) as bar:
        task = bar.add_task("making cases", total=None)
        for step in run(plan, settings, store, workbench.count, workbench.build):
            bar.update(task, total=step.total, completed=step.done, description=step.label)
            if step.failure is not None:
                failures.append(step.failure)
            if step.row is not None:
                readers.add(step.row.reader)
        return [row for row in store.rows if row.reader in readers], failures


def _show(rows: list[Row], plan: Plan, as_json: bool) -> None:
    asked = [row for row in rows if row.suite in plan.suites and row.arm in plan.arms]
    if as_json:
        typer.echo(json.dumps(summary.as_json(asked), indent=1))
        return
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH)
    console.print(table.results(summary.lines(asked), plan.longest).rich())
    gains = summary.gains(asked)
    if gains:
        console.print(table.differences(gains).rich())


def _tell_left_out(plan: Plan) -> None:
    if "real" in plan.suites and (reasons := list(questions_left_out())):
        _notes.print(f"{len(reasons)} real questions are left out here: --list-missing says why")
    if LONGBENCH in plan.suites and plan.data is not None and (names := left_out(plan.data)):
        _notes.print(f"data sets left out: {', '.join(names)}")


def tokens(text: str) -> int:
    """A number of tokens: `4k` is 4,096, `1m` is 1,048,576, `500` is itself.

    Raises:
        ValueError: it is none of these.
    """
    found = re.fullmatch(r"(\d+)([km]?)", text.strip().lower())
    if not found or not int(found[1]):
        raise ValueError(f"{text!r} is no length: write 4k, 16k, 500")
    return int(found[1]) * {"": 1, "k": 1024, "m": 1024**2}[found[2]]


def _limits(given: list[str] | None) -> dict[str, int]:
    """The longest texts of arms: those given in place of the default ones."""
    limits = dict(HEAVY)
    for each in given or ():
        arm, _, length = each.partition("=")
        (name,) = _known([arm])
        limits[name] = tokens(length)
    return limits


def _known(arms: list[str]) -> list[str]:
    strange = [arm for arm in arms if arm not in ARMS]
    if strange:
        raise ValueError(f"no arm is called {strange[0]!r}: choose among {', '.join(ARMS)}")
    return arms


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


if __name__ == "__main__":
    app()
