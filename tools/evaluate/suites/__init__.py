"""The suites: each makes the case of a cell, from nothing but the cell and a way to count tokens.

A suite is a module with `TASKS`, from a task's name to the function that makes its cases. All put the task
before the text, as the reader's stream does; RULER puts it behind. LongBench's cases come from files instead.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from tools.evaluate.case import Case, Cell, TokenCounter
from tools.evaluate.suites import babi, probes, real, ruler

Maker: TypeAlias = Callable[[Cell, TokenCounter], Case]

SUITES: Mapping[str, Mapping[str, Maker]] = {
    "ruler": ruler.TASKS,
    "babi": babi.TASKS,
    "probes": probes.TASKS,
    "real": real.TASKS,
}
"""The generated suites, by name."""
