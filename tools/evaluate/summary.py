"""Summaries: rows brought together by task, length and arm, and arm set against arm on the same cases."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from tools.evaluate import estimate
from tools.evaluate.estimate import Estimate
from tools.evaluate.store import Row

ALL = "all"
"""In place of a task's name: every task of the suite."""
Group: TypeAlias = tuple[str, str, int, str]
"""Suite, task, length and arm."""


@dataclass(frozen=True)
class Line:
    """The figures of one arm on one task at one length. None where a figure has no meaning there.

    Attributes:
        found: share of the references found; of cases without an answer, the share that say so.
        strict: share of exact answers.
        place: share of the cases with a clue on the evidence.
        near: with a clue there or, where no clue was found, one of the nearest quotes.
        false_clues: clues in chunks without evidence, per 100 such chunks.
        premature: share of the cases in which reading stopped too early.
        refused: of the cases that have an answer, the share in which the arm says that there is none.
        read, decoded, seconds: means a case.
    """

    suite: str
    task: str
    length: int
    arm: str
    cases: int
    found: Estimate | None
    strict: Estimate | None
    place: Estimate | None
    near: Estimate | None
    false_clues: Estimate | None
    premature: Estimate | None
    refused: Estimate | None
    read: float
    decoded: float
    seconds: float


@dataclass(frozen=True)
class Gain:
    """How much more one arm finds than another on the same cases: the difference of the shares found."""

    suite: str
    task: str
    length: int
    arm: str
    over: str
    found: Estimate
    strict: Estimate


def latest(rows: Sequence[Row]) -> list[Row]:
    """Of each arm, the rows by the model and settings that it was last run with."""
    last = {row.arm: row.reader for row in rows}
    return [row for row in rows if row.reader == last[row.arm]]


def lines(rows: Iterable[Row]) -> list[Line]:
    """A line for each task, length and arm, and one for all tasks of a suite together."""
    groups: dict[Group, list[Row]] = defaultdict(list)
    for row in rows:
        for task in (row.task, ALL):
            groups[row.suite, task, row.length, row.arm].append(row)
    return [_line(*group, groups[group]) for group in _shown(groups)]


def gains(rows: Iterable[Row], arm: str = "smooth") -> list[Gain]:
    """What `arm` gains over every other arm, by suite, task and length, on the cases that both answered."""
    by_case: dict[tuple[str, ...], dict[str, Row]] = defaultdict(dict)
    for row in rows:
        by_case[row.pair][row.arm] = row
    groups: dict[Group, list[tuple[Row, Row]]] = defaultdict(list)
    for answered in by_case.values():
        if arm not in answered:
            continue
        mine = answered[arm]
        for other, theirs in answered.items():
            if other != arm and theirs.model == mine.model:
                for task in (mine.task, ALL):
                    groups[mine.suite, task, mine.length, other].append((mine, theirs))
    found = []
    for group in _shown(groups):
        suite, task, length, other = group
        pairs = groups[group]
        share = estimate.difference([a.score.share for a, _ in pairs], [b.score.share for _, b in pairs])
        strict = estimate.difference([a.score.strict for a, _ in pairs], [b.score.strict for _, b in pairs])
        if share is not None and strict is not None:
            found.append(Gain(suite, task, length, arm, other, share, strict))
    return found


def as_json(rows: Sequence[Row]) -> dict[str, Any]:
    """Lines and gains as plain values."""
    return {
        "lines": [asdict(line) for line in lines(rows)],
        "gains": [asdict(gain) for gain in gains(rows)],
    }


def _shown(groups: Iterable[Group]) -> list[Group]:
    """The groups in order; all tasks together only where a suite has several."""
    found = list(groups)
    tasks: dict[str, set[str]] = defaultdict(set)
    for suite, task, *_ in found:
        tasks[suite].add(task)
    return sorted((g for g in found if g[1] != ALL or len(tasks[g[0]]) > 2), key=_order)


def _order(group: Group) -> tuple[str, bool, str, int, str]:
    suite, task, length, arm = group
    return suite, task == ALL, task, length, arm


def _line(suite: str, task: str, length: int, arm: str, rows: list[Row]) -> Line:
    def each(value: Callable[[Row], float | None]) -> Estimate | None:
        return estimate.mean([float(found) for row in rows if (found := value(row)) is not None])

    told = [row.score for row in rows if row.score.false_clues is not None]
    return Line(
        suite=suite,
        task=task,
        length=length,
        arm=arm,
        cases=len(rows),
        found=each(lambda row: row.score.share),
        strict=each(lambda row: row.score.strict),
        place=each(lambda row: row.score.place),
        near=each(lambda row: row.score.near),
        false_clues=estimate.ratio(
            [float(score.false_clues or 0) for score in told],
            [float(score.free_chunks or 0) for score in told],
            scale=100.0,
        ),
        premature=each(lambda row: row.score.premature),
        refused=each(lambda row: None if row.unanswerable else float(row.score.no_answer)),
        read=sum(row.score.tokens_read for row in rows) / len(rows),
        decoded=sum(row.score.tokens_decoded for row in rows) / len(rows),
        seconds=sum(row.score.seconds for row in rows) / len(rows),
    )
