"""Calibration: confidences become frequencies, and thresholds keep what they promise."""

import json
import math
import random
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from smoothread_agent.reading.engine import Engine, EngineSpec
from smoothread_agent.reading.policy import Calibration, Calibrations
from tools.train.calibration import (
    EARLY_STOPS,
    FALSE_CLUES,
    IN_VAIN,
    KEPT,
    choose,
    expected_error,
    fit,
    reliability,
)
from tools.train.score import DECISIONS, Decision
from tools.train.settings import Settings, Stage
from tools.train.trajectory import Find, Part, Trajectory


def drawn(field: str, count: int, scale: float, offset: float, seed: int = 0) -> list[Decision]:
    """Decisions whose truth follows the logistic curve of their margin with these figures."""
    rng = random.Random(seed)
    made = []
    for _ in range(count):
        margin = rng.gauss(0, 4)
        right = rng.random() < 1 / (1 + math.exp(-(scale * margin + offset)))
        made.append(Decision(field, right, margin))
    return made


def test_the_curve_that_made_the_decisions_is_found_again() -> None:
    fitted = fit(drawn("new", 6000, 0.6, -1.5))
    assert fitted.scale == pytest.approx(0.6, abs=0.05)
    assert fitted.offset == pytest.approx(-1.5, abs=0.12)


def test_confidences_become_frequencies() -> None:
    made = drawn("new", 4000, 0.4, -2.0)
    fitted, others = fit(made), drawn("new", 4000, 0.4, -2.0, seed=1)
    assert expected_error(fitted, others) < 0.03 < expected_error(Calibration(), others)


def test_every_decision_falls_into_one_bin() -> None:
    made = drawn("keep", 300, 1.0, 0.0)
    rows = reliability(Calibration(), made)
    assert sum(row["count"] for row in rows) == 300
    assert all(0 <= row["right"] <= 1 for row in rows)
    assert [row["confidence"] for row in rows] == sorted(row["confidence"] for row in rows)


@pytest.mark.parametrize("right", [True, False])
def test_a_field_seen_on_one_side_alone_gets_finite_figures(right: bool) -> None:
    fitted = fit([Decision("keep", right, 3.0)] * 20)
    assert 0 < fitted.scale < 1e6
    assert (fitted.confidence(3.0) > 0.5) == right


def share(made: list[Decision], field: str, right: bool, threshold: float) -> float:
    seen = [d for d in made if (d.field, d.right) == (field, right)]
    return sum(Calibration().confidence(d.margin) >= threshold for d in seen) / len(seen)


def test_thresholds_are_the_lowest_that_keep_the_promises() -> None:
    made = [*drawn("new", 3000, 1.5, 0.0), *drawn("keep", 3000, 4.5, 3.0), *drawn("action", 3000, 1.5, 0.0)]
    thresholds = choose(Calibrations(), made)
    in_vain = share(made, "new", False, thresholds.new)
    assert in_vain <= IN_VAIN < share(made, "new", False, round(thresholds.new - 0.02, 2)) + 0.002
    false = in_vain * share(made, "keep", False, thresholds.keep)
    assert 0 < false <= FALSE_CLUES
    assert share(made, "keep", True, thresholds.keep) >= KEPT
    assert share(made, "action", False, thresholds.stop) <= EARLY_STOPS


def test_where_judging_is_weak_quotes_worth_keeping_are_kept() -> None:
    judged = drawn("keep", 3000, 0.05, 1.0)
    made = [*drawn("new", 3000, 0.3, 0.0), *judged, *drawn("action", 300, 1.0, 0.0)]
    calibration = fit(judged)
    thresholds = choose(Calibrations(keep=calibration), made)

    def kept(threshold: float) -> float:
        good = [d for d in judged if d.right]
        return sum(calibration.confidence(d.margin) >= threshold for d in good) / len(good)

    assert kept(thresholds.keep) >= KEPT - 0.001
    assert kept(round(thresholds.keep + 0.02, 2)) < KEPT


def test_what_was_never_seen_to_be_refused_is_not_trusted() -> None:
    right = [Decision("new", True, 9.0), Decision("keep", True, 9.0), Decision("action", True, 9.0)] * 50
    thresholds = choose(Calibrations(), right)
    assert (thresholds.new, thresholds.stop) == (0.98, 0.98)


@pytest.mark.usefixtures("small_corpora")
def test_an_adapter_is_calibrated_and_opens_with_what_was_found(tiny_folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("peft")
    from tools.train import __main__, calibrate, families, ship

    stage = Stage(until=1.0, part_characters=(80, 160), parts=(2, 3), families={"needle.*": 1.0})
    settings = Settings(
        steps=1, trajectories_per_step=1, window=512, max_tokens=6000, held_out=1, curriculum=(stage,)
    )
    settings.save(tmp_path)
    for program, more in (
        (__main__.app, []),
        (calibrate.app, ["--count", "20", "--characters", "90", "200"]),
    ):
        done = CliRunner().invoke(program, [str(tmp_path), "--model", str(tiny_folder), *more])
        assert done.exit_code == 0, done.output
    report = json.loads((tmp_path / "adapter" / calibrate.REPORT).read_text())
    assert report["part_characters"] == [90, 200]
    assert report["stop_chosen_on"] >= 10, "each of the ten has more to find after a clue"
    assert report["new"]["error_after"] < report["new"]["error_before"]
    assert all(0 <= report[name]["no_taken"] <= 1 for name in DECISIONS)
    notes = Engine(EngineSpec(model=str(tiny_folder), adapter=str(tmp_path / "adapter"))).ready().notes
    assert notes.thresholds.new == report["new"]["threshold"]
    assert notes.calibration.new != Calibration()

    done = CliRunner().invoke(
        families.app,
        [str(tmp_path), "--model", str(tiny_folder), "--family", "needle.single", "--count", "2", "--json"],
    )
    found = json.loads(done.stdout)["families"]
    assert list(found) == ["needle.single"]

    given = tmp_path / "given"
    done = CliRunner().invoke(ship.app, [str(tmp_path), "--base", "some/base", "--into", str(given)])
    assert done.exit_code == 0, done.output
    opened = Engine(EngineSpec(model=str(tiny_folder), adapter=str(given))).ready()
    assert opened.notes == notes
    assert str(tmp_path) not in (given / "adapter_config.json").read_text()


def test_where_every_trajectory_ends_with_its_first_clue_none_is_drawn_for_stop() -> None:
    pytest.importorskip("peft")
    from tools.train.calibrate import NothingUnfinishedError, unfinished

    part = Part("Ann was born in Ulm.", (Find("Ann was born in Ulm."),), stop=True)
    ended = Trajectory("Where was Ann born?", (Part("The wind is mild."), part), "Ulm")
    goes_on = Trajectory("Where was Ann born?", (replace(part, stop=False), Part("The wind is mild.")), "Ulm")
    both = iter([ended, ended, goes_on])
    assert unfinished(lambda _: next(both))(random.Random(0)) is goes_on
    with pytest.raises(NothingUnfinishedError):
        unfinished(lambda _: ended)(random.Random(0))
