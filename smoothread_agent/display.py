"""What a terminal shows of a reading: clues as they come, a bar with speed and remaining time, the result."""

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from smoothread_agent.schema import Clue, ReadingResult, ReadingStep, Reuse

_ENDS = {
    "answered": "the model said STOP",
    "end_of_source": "the source ended",
    "budget": "the budget was spent",
    "cancelled": "cancelled",
}


class Display:
    """Shows the steps of one reading on `console`; a context manager, since the bar lives on the terminal.

    With `every`, a line for every summary; else for those alone that bring new clues.
    """

    def __init__(self, console: Console, *, every: bool = False) -> None:
        self.console = console
        self.every = every
        self._bar = Progress(
            TextColumn("chunk {task.fields[chunk]}/{task.fields[chunks]}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%  {task.fields[speed]:.0f} tokens/s"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("reading", total=None, chunk=0, chunks="?", speed=0.0)

    def __enter__(self) -> "Display":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, step: ReadingStep) -> None:
        """Show one step: its new clues, and how far the reading has come."""
        coverage, usage = step.coverage, step.usage
        self._bar.update(
            self._task,
            total=coverage.tokens_total,
            completed=coverage.tokens_read,
            chunk=coverage.chunks_read,
            chunks=coverage.chunks_total,
            speed=usage.tokens_read / usage.seconds if usage.seconds else 0.0,
        )
        if step.summary is not None and (self.every or step.summary.new_clues):
            summary = step.summary
            stop = f", STOP {summary.stop_confidence:.0%}" if summary.stop_confidence is not None else ""
            self.console.print(
                f"[bold]chunk {summary.chunk + 1}[/]  {summary.action}{stop}  {escape(summary.reason)}"
            )
            for clue in summary.new_clues:
                self.console.print(f"  {clue_line(clue)}")

    def result(self, result: ReadingResult) -> None:
        """Show what the reading came to."""
        coverage, usage = result.coverage, result.usage
        confidence = f" ({result.stop.confidence:.0%})" if result.stop.confidence is not None else ""
        detail = f": {result.stop.detail}" if result.stop.detail else ""
        self.console.print()
        self.console.print(f"[bold]Answer[/]  {escape(result.answer) or '(none: the reading was cancelled)'}")
        for clue in sorted(result.clues, key=lambda clue: -clue.confidence):
            self.console.print(f"  {clue_line(clue)}")
        if result.nearest:
            self.console.print("Nothing was sure enough to be a clue. What comes nearest:")
        for clue in result.nearest:
            self.console.print(f"  {clue_line(clue)}")
        self.console.print(
            f"[dim]stopped because {_ENDS[result.stop.reason]}{confidence}{detail}; read {coverage.tokens_read:,} of "
            f"{coverage.tokens_total:,} tokens ({coverage.share:.0%}), {coverage.chunks_read} of "
            f"{coverage.chunks_total} chunks; {usage.decoded_per_round:.1f} tokens decoded a round; "
            f"{usage.seconds:.1f} s{_reused(result.reuse)}[/]"
        )


def _reused(reuse: Reuse) -> str:
    """How much of the reading was there before; nothing where all of it was read now."""
    if reuse.result is not None:
        return "; a stored result, nothing was read now"
    if reuse.checkpoint is not None:
        before, now = reuse.tokens_from_checkpoint, reuse.tokens_read_now
        return f"; {before:,} of the tokens from stored memory, {now:,} read now"
    return ""


def clue_line(clue: Clue) -> str:
    """One clue on one line: what it says, where it stands, how sure the model was."""
    text = escape(" ".join(clue.text.split()))
    shown = f"“{text}”" if clue.kind == "quote" else text
    page = f"page {clue.page}, " if clue.page is not None else ""
    return f"[green]{shown}[/]  [dim]{page}{clue.start:,}-{clue.end:,}, {clue.confidence:.0%}[/]"
