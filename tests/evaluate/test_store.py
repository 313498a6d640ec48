from pathlib import Path

import pytest

from smoothread_agent.schema import Coverage, StopSignal, Usage
from tools.evaluate.arms.arm import BuiltArm, Settings
from tools.evaluate.case import Case, Cell
from tools.evaluate.metrics import score
from tools.evaluate.outcome import Outcome
from tools.evaluate.store import RESULTS, Row, Store, StoreError, read


class Arm(BuiltArm):
    fingerprint = "f" * 64

    def __init__(self, name: str) -> None:
        self.name = name

    def run(self, case: Case) -> Outcome:
        raise NotImplementedError


def row(index: int = 0, arm: str = "smooth") -> Row:
    case = Case(Cell("test", "task", 100, 0, index), "what?", f"it is {index}", (str(index),), ((6, 7),))
    outcome = Outcome(
        answer=str(index),
        stop=StopSignal(reason="end_of_source"),
        coverage=Coverage(chunks_read=1, chunks_total=1, tokens_read=3, tokens_total=3, truncated=False),
        usage=Usage(tokens_read=3, seconds=0.5),
    )
    return Row.of(case, Arm(arm), Settings(), score(case, outcome), outcome)


def test_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.append(row(0))
        store.append(row(1))
        assert store.find(row(1).key) == row(1)
        assert store.find(row(2).key) is None
        assert store.find(row(1, arm="full").key) is None
    with Store(tmp_path) as store:
        assert store.rows == [row(0), row(1)]
        assert store.find(row(0).key) == row(0)


@pytest.mark.parametrize("torn", [1, 40, -1])
def test_a_line_that_a_kill_tore_off_is_dropped(tmp_path: Path, torn: int) -> None:
    with Store(tmp_path) as store:
        store.append(row(0))
        store.append(row(1))
    path = tmp_path / RESULTS
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + second[:torn])
    with Store(tmp_path) as store:
        assert store.rows == [row(0)]
        store.append(row(1))
    assert list(read(path)) == [row(0), row(1)]


def test_damage_elsewhere_is_an_error_that_names_the_line(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        store.append(row(0))
    path = tmp_path / RESULTS
    path.write_bytes(b"{}\n" + path.read_bytes())
    with pytest.raises(StoreError, match="line 1"), Store(tmp_path):
        pass


def test_a_folder_has_one_writer(tmp_path: Path) -> None:
    with Store(tmp_path), pytest.raises(StoreError, match="in use"), Store(tmp_path):
        pass
    with Store(tmp_path):
        pass


def test_other_settings_and_other_texts_are_other_results() -> None:
    assert Settings().digest != Settings(chunk=256).digest
    changed = row().model_copy(update={"digest": "0"})
    assert changed.key != row().key
