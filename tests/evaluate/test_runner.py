import json
from pathlib import Path

import pytest

from tests.evaluate.oracle import PLAN, Oracle, go
from tools.evaluate import summary
from tools.evaluate.arms.arm import Settings
from tools.evaluate.case import TokenCounter
from tools.evaluate.runner import Plan, run
from tools.evaluate.store import RESULTS, Store


def test_every_case_is_run_by_every_arm_that_may_read_it(tmp_path: Path, count: TokenCounter) -> None:
    smooth, full = Oracle("smooth"), Oracle("full")
    steps = go(tmp_path, count, PLAN, smooth, full)
    assert len(smooth.asked) == 2 * 5 * 2
    assert len(full.asked) == 2 * 5
    assert all("/300/" in asked for asked in full.asked)
    assert [step.done for step in steps] == list(range(1, 31))
    assert {step.total for step in steps} == {30}


def test_what_is_stored_is_not_run_again(tmp_path: Path, count: TokenCounter) -> None:
    first = go(tmp_path, count, PLAN, Oracle("smooth"), Oracle("full"))
    assert all(step.new for step in first)
    smooth, full = Oracle("smooth"), Oracle("full")
    steps = go(tmp_path, count, PLAN, smooth, full)
    assert smooth.asked == full.asked == []
    assert not any(step.new for step in steps)
    assert [step.row for step in steps] == [step.row for step in first]


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path, count: TokenCounter) -> None:
    smooth = Oracle("smooth")
    plan = Plan(suites=["babi"], lengths=[400], arms=["smooth"], cases=3)
    with Store(tmp_path) as store:
        running = run(plan, Settings(), store, count, lambda name: smooth)
        for _ in range(4):
            next(running)
        running.close()
    path = tmp_path / RESULTS
    path.write_bytes(path.read_bytes()[:-30])
    again = Oracle("smooth")
    go(tmp_path, count, plan, again)
    assert again.asked[0] == smooth.asked[-1]
    assert len(again.asked) == 9 - 3
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert len({(line["task"], line["index"]) for line in lines}) == len(lines) == 9


def test_a_case_that_fails_is_told_and_tried_again(tmp_path: Path, count: TokenCounter) -> None:
    plan = Plan(suites=["babi"], lengths=[400], arms=["smooth"], cases=1)
    steps = go(tmp_path, count, plan, Oracle("smooth", fails_on="qa2"))
    (failure,) = [step.failure for step in steps if step.failure]
    assert (failure.arm, failure.reason) == ("smooth", "out of memory: take a shorter text")
    mended = Oracle("smooth")
    go(tmp_path, count, plan, mended)
    assert [asked.split("/")[1] for asked in mended.asked] == ["qa2"]


def test_a_case_that_cannot_be_made_is_told_and_the_others_are_run(
    tmp_path: Path, count: TokenCounter
) -> None:
    plan = Plan(suites=["ruler"], lengths=[60], arms=["smooth"], cases=1)
    smooth = Oracle("smooth")
    steps = go(tmp_path, count, plan, smooth)
    failures = {step.failure.case.split("/")[1] for step in steps if step.failure}
    assert "niah_multiquery" in failures
    assert "niah_single_noise" not in failures
    assert len(smooth.asked) == len(steps) - len(failures) > 0
    assert steps[-1].done == steps[-1].total


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"suites": ["rulers"]}, "no suite is called 'rulers'"),
        ({"tasks": ["qa9"]}, "no task is called 'qa9'"),
        ({"suites": ["longbench"]}, "give --data"),
    ],
)
def test_a_plan_that_asks_for_what_is_not_there_is_refused(changed: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Plan(**{"suites": ["babi"], "lengths": [400], "arms": ["smooth"], "cases": 1, **changed})


def test_the_summary_of_known_answers(tmp_path: Path, count: TokenCounter) -> None:
    plan = Plan(suites=["babi"], lengths=[400], arms=["smooth", "reset"], cases=10, tasks=["qa1"])
    go(tmp_path, count, plan, Oracle("smooth", share=0.8), Oracle("reset", share=0.5))
    with Store(tmp_path) as store:
        lines = {line.arm: line for line in summary.lines(store.rows)}
        (gain,) = summary.gains(store.rows)
    assert lines["smooth"].cases == 10
    assert lines["smooth"].found is not None
    assert lines["smooth"].found.mean == pytest.approx(0.8)
    assert lines["smooth"].place is not None
    assert lines["smooth"].place.mean == pytest.approx(0.8)
    assert lines["smooth"].decoded == 2
    assert lines["smooth"].false_clues is None, "the one chunk holds the evidence"
    assert (gain.arm, gain.over, gain.task) == ("smooth", "reset", "qa1")
    assert gain.found.mean == pytest.approx(0.3)
    assert gain.found.low < 0.3 < gain.found.high


def test_all_tasks_of_a_suite_stand_together_where_there_are_several(
    tmp_path: Path, count: TokenCounter
) -> None:
    plan = Plan(suites=["babi"], lengths=[400], arms=["smooth", "reset"], cases=2)
    go(tmp_path, count, plan, Oracle("smooth"), Oracle("reset", share=0.0))
    with Store(tmp_path) as store:
        lines = {(line.task, line.arm): line for line in summary.lines(store.rows)}
        gains = {gain.task: gain for gain in summary.gains(store.rows)}
    assert lines[summary.ALL, "smooth"].cases == 6
    assert set(gains) == {"qa1", "qa2", "qa3", summary.ALL}
    assert gains[summary.ALL].found.mean == 1.0


def test_longbench_runs_from_a_folder(tmp_path: Path, count: TokenCounter) -> None:
    line = {"input": "Who?", "context": "The ship sank.", "answers": ["the ship"], "all_classes": None}
    (tmp_path / "qasper.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    plan = Plan(suites=["longbench"], lengths=[], arms=["smooth"], cases=5, data=tmp_path)
    (step,) = go(tmp_path / "out", count, plan, Oracle("smooth"))
    assert step.row is not None
    assert step.row.score.share == 1.0
    assert step.row.score.premature is None
    assert step.row.score.place is None
