"""Cases of the evaluation's tasks, for benches that ask and answer."""

from collections.abc import Iterator, Sequence

from smoothread_agent.reading.codec import TextCodec
from tools.evaluate.case import Case, Cell
from tools.evaluate.suites import SUITES


def cases_in_turn(
    tasks: Sequence[tuple[str, str]], codec: TextCodec, tokens: int, count: int
) -> Iterator[Case]:
    """So many cases of `tasks`, (suite, task) each, in turn, with texts of so many tokens."""
    for number in range(count):
        suite, task = tasks[number % len(tasks)]
        cell = Cell(suite, task, tokens, 0, number // len(tasks))
        yield SUITES[suite][task](cell, lambda text: len(codec.plain(text)))
