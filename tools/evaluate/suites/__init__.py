"""The suites: each makes the case of a cell, from nothing but the cell and a way to count tokens.

A suite is a module with `TASKS`, from a task's name to the function that makes its cases. All put the task
before the text, as the reader's stream does; RULER puts it behind.
"""

from collections.abc import Callable
from typing import TypeAlias

from tools.evaluate.case import Case, Cell, TokenCounter

Maker: TypeAlias = Callable[[Cell, TokenCounter], Case]
