"""The kernels' bench where there is no GPU: it says so, and what it would race and check is the same thing."""

import dataclasses
import math

import pytest
import torch
import typer
from typer.testing import CliRunner

from tools.bench import kernel_checks, kernels
from tools.bench.kernel_checks import Check, difference, worst
from tools.bench.kernel_contestants import CONTESTANTS, Situation
from tools.bench.roofline import SMOL

SMALL = dataclasses.replace(SMOL, window=24, pinned=5, chunk=16)


def test_without_a_gpu_it_says_so_and_exits_with_status_2(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    app = typer.Typer()
    app.command()(kernels.main)
    run = CliRunner().invoke(app, ["--json"])
    assert run.exit_code == 2
    assert "no CUDA GPU" in run.stderr
    assert run.stdout == ""


@pytest.mark.parametrize("tokens", [1, 16])
def test_contestants_compute_the_same(tokens):
    """FlexAttention too is given the mask that SDPA is given here; to compile it takes a GPU."""
    situation = Situation(SMALL, 2, tokens, torch.float32)
    tensors = situation.tensors("cpu")
    ours, sdpa = (CONTESTANTS[name](situation, *tensors)() for name in ("ours", "sdpa"))
    torch.testing.assert_close(ours, sdpa, rtol=1e-4, atol=1e-5)


def test_a_race_reports_speeds_against_ours(monkeypatch):
    monkeypatch.delitem(CONTESTANTS, "flex")
    times = iter([2e-6, 8e-6])
    rows = kernels.race(Situation(SMALL, 1, 1, torch.float32), "cpu", lambda run: next(times), 1e9)
    assert [(row["contestant"], row["speed_against_ours"]) for row in rows] == [("ours", 1.0), ("sdpa", 0.25)]
    assert [row["microseconds"] for row in rows] == [2.0, 8.0]


def test_a_contestant_that_computes_something_else_is_not_timed(monkeypatch):
    monkeypatch.delitem(CONTESTANTS, "flex")
    monkeypatch.setitem(CONTESTANTS, "sdpa", lambda situation, query, keys, values: lambda: query)
    with pytest.raises(RuntimeError, match="its time means nothing"):
        kernels.race(Situation(SMALL, 1, 1, torch.float32), "cpu", lambda run: 1.0, 1e9)


@pytest.mark.parametrize("checks", kernel_checks.CHECKS, ids=lambda checks: checks.__name__)
def test_the_checks_hold_for_the_references(checks):
    assert next(iter(checks("cpu"))).passed


def test_a_check_fails_on_nan_and_beyond_its_bound():
    assert not Check("x", math.nan, 1.0).passed
    assert not Check("x", 1.1, 1.0).passed
    assert Check("x", 1.0, 1.0).passed
    assert math.isnan(worst([0.0, math.nan, 1.0]))
    assert difference(torch.tensor([1.0, 2.5]), torch.tensor([1.0, 2.0])) == 0.25
