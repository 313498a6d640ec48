"""The store of results: a line of JSON a case, on disk before the next begins: a kill loses one at most."""

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, ValidationError

from tools.evaluate.arms.arm import BuiltArm, Settings
from tools.evaluate.case import Case
from tools.evaluate.metrics import Score
from tools.evaluate.outcome import Outcome

RESULTS = "results.jsonl"


class StoreError(RuntimeError):
    """The folder of results cannot be used. The message says why and what to do."""


class Row(BaseModel):
    """One case answered by one arm.

    Attributes:
        model: fingerprint of the model.
        settings: digest of the run's settings, with the arm's variant.
        digest: digest of the case's question and text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    suite: str
    task: str
    length: int
    seed: int
    index: int
    arm: str
    model: str
    settings: str
    digest: str
    question: str
    references: tuple[str, ...]
    unanswerable: bool
    notes: dict[str, str]
    score: Score
    outcome: Outcome

    @classmethod
    def of(cls, case: Case, arm: BuiltArm, settings: Settings, score: Score, outcome: Outcome) -> "Row":
        """The row of a case that was run and judged."""
        return cls(
            suite=case.cell.suite,
            task=case.cell.task,
            length=case.cell.length,
            seed=case.cell.seed,
            index=case.cell.index,
            arm=arm.name,
            model=arm.fingerprint,
            settings=settings.digest + arm.variant,
            digest=case.digest,
            question=case.question,
            references=case.references,
            unanswerable=case.unanswerable,
            notes=case.notes,
            score=score,
            outcome=outcome,
        )

    @property
    def key(self) -> tuple[str, ...]:
        """What has been done: the same case, arm, model and settings need not be run again."""
        return key(
            self.digest, self.arm, self.model, self.settings, self.suite, self.task, self.seed, self.index
        )

    @property
    def reader(self) -> tuple[str, ...]:
        """Who answered: arm, model and settings. Figures of one arm are means over one reader's rows."""
        return (self.arm, self.model, self.settings)

    @property
    def pair(self) -> tuple[str, ...]:
        """The case itself: rows of several arms with the same pair are compared with each other."""
        return (self.suite, self.task, str(self.length), str(self.seed), str(self.index), self.digest)


def key(
    digest: str, arm: str, model: str, settings: str, suite: str, task: str, seed: int, index: int
) -> tuple[str, ...]:
    """The key of a row, known before the case is run."""
    return (digest, arm, model, settings, suite, task, str(seed), str(index))


class Store:
    """The rows of one folder, open for appending. Only one process at a time may hold a folder.

    A last line that a kill tore off is dropped; any other damage is an error.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / RESULTS
        self._lock = FileLock(folder / ".lock")

    def __enter__(self) -> "Store":
        """Take the folder and read what is there.

        Raises:
            StoreError: another process holds it, or a line is damaged.
        """
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise StoreError(f"{self.path.parent} is in use by another run: choose another folder") from error
        try:
            drop_torn_line(self.path)
            self.rows = list(read(self.path))
        except BaseException:
            self._lock.release()
            raise
        self._by_key = {row.key: row for row in self.rows}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Give the folder back."""
        self._lock.release()

    def find(self, wanted: tuple[str, ...]) -> Row | None:
        """The row with this key, if there is one."""
        return self._by_key.get(wanted)

    def append(self, row: Row) -> None:
        """Write a row. When this returns, the row is on disk."""
        with self.path.open("ab") as file:
            file.write(row.model_dump_json().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self.rows.append(row)
        self._by_key[row.key] = row


def drop_torn_line(path: Path) -> None:
    """Cut off a last line that a kill tore; where there is no file, there is nothing to cut."""
    if not path.exists():
        return
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        with path.open("r+b") as file:
            file.truncate(len(whole))


def read(path: Path) -> Iterator[Row]:
    """The rows of a results file, without what a kill tore off.

    Raises:
        StoreError: a line is damaged.
    """
    if not path.exists():
        return
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                yield Row.model_validate_json(line)
            except ValidationError as error:
                raise StoreError(
                    f"{path}, line {number} is damaged or of another version: remove it or use another folder"
                ) from error
