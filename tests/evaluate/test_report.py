from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.evaluate.oracle import PLAN, Oracle, go
from tools.evaluate import summary
from tools.evaluate.case import TokenCounter
from tools.evaluate.report import FIGURES, app
from tools.evaluate.store import Store


def test_figures_are_of_one_model(tmp_path: Path, count: TokenCounter) -> None:
    go(tmp_path, count, PLAN, Oracle("smooth", share=0.0), Oracle("full"))
    better = Oracle("smooth")
    better.fingerprint = "better"
    steps = go(tmp_path, count, PLAN, better, Oracle("full"))
    with Store(tmp_path) as store:
        latest = summary.latest(store.rows)
    assert len(latest) == len(steps)
    assert {row.model for row in latest if row.arm == "smooth"} == {"better"}
    assert {row.model for row in latest if row.arm == "full"} == {"model"}


def test_the_report_shows_the_last_model_and_comes_out_the_same(tmp_path: Path, count: TokenCounter) -> None:
    pytest.importorskip("matplotlib")
    run, docs = tmp_path / "run", tmp_path / "docs"
    go(run, count, PLAN, Oracle("smooth", share=0.0), Oracle("full", share=0.0))
    better = Oracle("smooth"), Oracle("full")
    for arm in better:
        arm.fingerprint = "better"
    go(run, count, PLAN, *better)
    told = CliRunner().invoke(app, [str(run), "--into", str(docs)])
    assert told.exit_code == 0
    written = {path.name: path.read_bytes() for path in docs.iterdir()}
    assert sorted(told.stdout.split()) == sorted(str(docs / name) for name in written)
    text = written[FIGURES].decode()
    assert "Model: `better`." in text
    assert "Not run on longer texts: full to 300 tokens." in text
    assert "| probes | natural | 600 | smooth | 2 | 100.0 [" in text
    for name in written.keys() - {FIGURES}:
        assert f"({name})" in text
    assert CliRunner().invoke(app, [str(run), "--into", str(docs)]).exit_code == 0
    assert {path.name: path.read_bytes() for path in docs.iterdir()} == written


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, [str(tmp_path), "--into", str(tmp_path)])
    assert told.exit_code == 2
    assert "nothing to draw" in told.stderr
