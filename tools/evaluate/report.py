"""The report of a run, for the documentation: its tables in Markdown, and plots by length and arm.

python -m tools.evaluate.report runs/evaluation --into docs
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from tools.evaluate import plots, table
from tools.evaluate.store import RESULTS, Row, StoreError, read
from tools.evaluate.summary import Line, gains, latest, lines

FIGURES = "figures.md"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def report(rows: Sequence[Row], into: Path) -> list[Path]:
    """Write the tables and draw the plots: of each arm, by the model and settings that it was last run with.

    Raises:
        StoreError: there are no rows, or none of an asked length.
    """
    mine = latest(rows)
    found = lines(mine)
    drawn = plots.draw(found, into)
    (into / FIGURES).write_text(_text(mine, found, [path.name for path in drawn]), encoding="utf-8")
    return [into / FIGURES, *drawn]


def _text(rows: Sequence[Row], found: Sequence[Line], drawn: Sequence[str]) -> str:
    models = ", ".join(f"`{name}`" for name in sorted({row.model for row in rows}))
    lengths: dict[str, int] = {}
    for row in rows:
        lengths[row.arm] = max(row.length, lengths.get(row.arm, 0))
    limits = {arm: length for arm, length in lengths.items() if length < max(lengths.values())}
    sheets = [table.results(found, limits), table.differences(gains(rows))]
    return "\n".join(
        [
            "# What was measured",
            "",
            "Written by `python -m tools.evaluate.report`; arms, tasks and columns: [evaluation](evaluation.md).",
            f"In brackets, 95 % intervals. Model: {models}.",
            "",
            *(f"![{Path(name).stem.replace('-', ' ')}]({name})" for name in drawn),
            "",
            *(sheet.markdown() for sheet in sheets if sheet.groups[0]),
        ]
    )


@app.command()
def main(
    run: Annotated[Path, typer.Argument(help="Folder of the run, as --out named it.")],
    into: Annotated[Path, typer.Option(help="Folder of the report.")] = Path("docs"),
) -> None:
    """Write the report of a run."""
    try:
        for path in report(list(read(run / RESULTS)), into):
            typer.echo(path)
    except StoreError as error:
        typer.echo(f"{run}: {error}", err=True)
        raise typer.Exit(2) from error


if __name__ == "__main__":
    app()
