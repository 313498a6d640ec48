"""The runner: every case of the asked suites by every asked arm. What the store holds is not run again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from smoothread_agent.errors import SmoothReadError
from tools.evaluate.arms.arm import BuiltArm, Settings
from tools.evaluate.case import Case, CaseError, Cell, TokenCounter
from tools.evaluate.metrics import score
from tools.evaluate.store import Row, Store, key
from tools.evaluate.suites import SUITES
from tools.evaluate.suites import longbench as longbench_suite

LONGBENCH = "longbench"
ALL_SUITES = (*SUITES, LONGBENCH)


@dataclass(frozen=True)
class Plan:
    """What to run.

    Attributes:
        lengths: tokens of text, for the suites that are generated.
        cases: cases of each task, length and seed.
        tasks: names of tasks to take; all when empty.
        longest: arm to the longest text that it is given, in tokens.
        data: folder of LongBench.
    """

    suites: Sequence[str]
    lengths: Sequence[int]
    arms: Sequence[str]
    cases: int
    seeds: Sequence[int] = (0,)
    tasks: Sequence[str] = ()
    longest: Mapping[str, int] = field(default_factory=dict)
    data: Path | None = None

    def __post_init__(self) -> None:
        unknown = [suite for suite in self.suites if suite not in ALL_SUITES]
        if unknown:
            raise ValueError(f"no suite is called {unknown[0]!r}: choose among {', '.join(ALL_SUITES)}")
        if LONGBENCH in self.suites and self.data is None:
            raise ValueError("longbench needs the folder with its files: give --data")
        strange = set(self.tasks) - {task for suite in SUITES.values() for task in suite}
        if strange and LONGBENCH not in self.suites:
            raise ValueError(f"no task is called {min(strange)!r}")

    def cells(self, suite: str) -> list[Cell]:
        """The cells of a generated suite, short ones first."""
        return [
            Cell(suite, task, length, seed, index)
            for length in sorted(self.lengths)
            for task in SUITES[suite]
            if not self.tasks or task in self.tasks
            for seed in self.seeds
            for index in range(self.cases)
        ]

    def may_read(self, arm: str, length: int) -> bool:
        """Whether an arm is given texts of this length."""
        return length <= self.longest.get(arm, length)


@dataclass(frozen=True)
class Failure:
    """A case that could not be made, or that an arm could not answer. It is tried again in the next run."""

    case: str
    arm: str
    reason: str


@dataclass(frozen=True)
class Progress:
    """One step of a run: how many there are, and what came of this one: a row, new or there before, or a failure."""

    total: int
    done: int
    label: str
    row: Row | None = None
    new: bool = False
    failure: Failure | None = None


@dataclass(frozen=True)
class Job:
    """A case to be made: its text is only there when its turn comes."""

    id: str
    length: int
    make: Callable[[], Case]


def run(
    plan: Plan, settings: Settings, store: Store, count: TokenCounter, build: Callable[[str], BuiltArm]
) -> Iterator[Progress]:
    """Run a plan, yielding after every case of every arm. `build` is called once an arm, when first needed.

    Each case is made once and given to all arms in turn, so that a run that is cut short has compared what it
    ran.
    """
    arms: dict[str, BuiltArm] = {}
    jobs = [(job, [arm for arm in plan.arms if plan.may_read(arm, job.length)]) for job in _jobs(plan, count)]
    total, done = sum(len(names) for _, names in jobs), 0
    for job, names in jobs:
        if not names:
            continue
        try:
            case = job.make()
        except CaseError as error:
            done += len(names)
            failure = Failure(job.id, ", ".join(names), str(error))
            yield Progress(total, done, job.id, failure=failure)
            continue
        for name in names:
            if name not in arms:
                arms[name] = build(name)
            done += 1
            yield _step(case, arms[name], settings, store, Progress(total, done, f"{job.id} {name}"))


def _step(case: Case, arm: BuiltArm, settings: Settings, store: Store, progress: Progress) -> Progress:
    """One case by one arm, unless the store has it."""
    cell = case.cell
    variant = settings.digest + arm.variant
    wanted = key(
        case.digest, arm.name, arm.fingerprint, variant, cell.suite, cell.task, cell.seed, cell.index
    )
    if (held := store.find(wanted)) is not None:
        return replace(progress, row=held)
    try:
        outcome = arm.run(case)
    except SmoothReadError as error:
        return replace(progress, failure=Failure(case.id, arm.name, str(error)))
    row = Row.of(case, arm, settings, score(case, outcome), outcome)
    store.append(row)
    return replace(progress, row=row, new=True)


def _jobs(plan: Plan, count: TokenCounter) -> Iterator[Job]:
    """Every case of the plan, to be made."""
    for suite in plan.suites:
        if suite == LONGBENCH:
            assert plan.data is not None
            for case in longbench_suite.cases(plan.data, plan.cases, plan.tasks):
                yield Job(case.id, count(case.text), partial(_given, case))
        else:
            for cell in plan.cells(suite):
                yield Job(cell.id, cell.length, partial(SUITES[suite][cell.task], cell, count))


def _given(case: Case) -> Case:
    return case
