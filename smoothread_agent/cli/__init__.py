"""The command line: `smoothread read`, `model`, `memory`. Quick to start: torch is imported when a model is needed."""

import sys

import typer
from rich.markup import escape

from smoothread_agent.cli import memory, models
from smoothread_agent.cli.read import read
from smoothread_agent.cli.terminal import progress
from smoothread_agent.errors import SmoothReadError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Reads long sources with a recurrent LLM, chunk by chunk.",
)
app.command()(read)
app.add_typer(models.app, name="model")
app.add_typer(memory.app, name="memory")


def main() -> None:
    """Run the command line; our own errors are one line, and exit with 1."""
    try:
        app()
    except SmoothReadError as error:
        progress.print(f"[red]smoothread:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        sys.exit(1)
