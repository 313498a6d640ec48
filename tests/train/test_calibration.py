"""Calibration: confidences become frequencies, and thresholds keep what they promise."""

import json
import math
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner

from smoothread_agent.reading.engine import Engine, EngineSpec
from smoothread_agent.reading.policy import Calibration, Calibrations
from tools.train.calibration import (
    EARLY_STOPS,
    FALSE_AGAIN,
    FALSE_CLUES,
    IN_VAIN,
    KEPT,
    calibrate,
    choose,
    clue_confidence,
    expected_error,
    fit,
    reliability,
    sure,
)
from tools.train.lesson import Decision, Weighing
from tools.train.settings import Settings, Stage


def drawn(field: str, count: int, scale: float, offset: float, seed: int = 0) -> list[Decision]:
    """Decisions whose truth follows the logistic curve of their margin with these figures."""
    rng = random.Random(seed)
    made = []
    for _ in range(count):
        margin = rng.gauss(0, 4)
        right = rng.random() < 1 / (1 + math.exp(-(scale * margin + offset)))
        made.append(Decision(field, right, margin))
    return made


def weighed(count: int, sharpness: float, seed: int = 0) -> list[Weighing]:
    """Parts, a third of them with evidence; the margin of a right quote lies `sharpness` above that of a wrong one."""
    rng = random.Random(seed)
    made = []
    for _ in range(count):
        evidence = rng.random() < 1 / 3
        announced = rng.gauss(2.0 if evidence else -2.0, 1.5)
        margins = [rng.gauss(-sharpness / 2, 1.5) for _ in range(6)]
        if evidence:
            margins[0] += sharpness
        made.append(Weighing(announced, tuple(margins), (evidence, *[False] * 5)))
    return made


def decisions_of(weighings: list[Weighing]) -> list[Decision]:
    asked = [Decision("new", any(each.rights), each.announced) for each in weighings]
    return [*asked, *drawn("action", 3000, 1.5, 0.0)]


def test_the_curve_that_made_the_decisions_is_found_again() -> None:
    fitted = fit(drawn("new", 6000, 0.6, -1.5))
    assert fitted.scale == pytest.approx(0.6, abs=0.05)
    assert fitted.offset == pytest.approx(-1.5, abs=0.12)


def test_confidences_become_frequencies() -> None:
    made = drawn("new", 4000, 0.4, -2.0)
    fitted, others = fit(made), drawn("new", 4000, 0.4, -2.0, seed=1)
    assert expected_error(sure(fitted, others)) < 0.03 < expected_error(sure(Calibration(), others))


def test_the_confidence_of_a_clue_is_that_of_both_choices_together() -> None:
    made, others = weighed(4000, 4.0), weighed(4000, 4.0, seed=1)
    calibrations = calibrate(decisions_of(made), made)
    seen, before = (
        [(clue_confidence(each_calibrated, each), each.best.right) for each in others]
        for each_calibrated in (calibrations, Calibrations())
    )
    assert expected_error(seen) < 0.04 < expected_error(before)
    for least in (0.2, 0.5, 0.8):
        passed = [right for confidence, right in seen if confidence >= least]
        assert sum(passed) / len(passed) > least


def test_every_decision_falls_into_one_bin() -> None:
    made = drawn("keep", 300, 1.0, 0.0)
    rows = reliability(sure(Calibration(), made))
    assert sum(row["count"] for row in rows) == 300
    assert all(0 <= row["right"] <= 1 for row in rows)
    assert [row["confidence"] for row in rows] == sorted(row["confidence"] for row in rows)


@pytest.mark.parametrize("right", [True, False])
def test_a_field_seen_on_one_side_alone_gets_finite_figures(right: bool) -> None:
    fitted = fit([Decision("keep", right, 3.0)] * 20)
    assert 0 < fitted.scale < 1e6
    assert (fitted.confidence(3.0) > 0.5) == right


def test_thresholds_are_the_lowest_that_keep_the_promises() -> None:
    made = weighed(6000, 9.0)
    decisions = decisions_of(made)
    calibrations = calibrate(decisions, made)
    thresholds = choose(calibrations, decisions, made)

    def announced(each: Weighing, least: float) -> bool:
        return calibrations.new.confidence(each.announced) >= least

    def share(of: list[Weighing], new: float, keep: float) -> float:
        clues = [each for each in of if announced(each, new) and clue_confidence(calibrations, each) >= keep]
        return len(clues) / len(of)

    free = [each for each in made if not any(each.rights)]
    in_vain = share(free, thresholds.new, 0.0)
    assert in_vain <= IN_VAIN < share(free, round(thresholds.new - 0.02, 2), 0.0) + 0.002
    assert 0 < share(free, thresholds.new, thresholds.keep) <= FALSE_CLUES
    assert 0 < share(free, 0.0, thresholds.again) <= FALSE_AGAIN
    assert thresholds.again <= thresholds.keep
    good = [each for each in made if each.best.right and announced(each, thresholds.new)]
    assert share(good, thresholds.new, thresholds.keep) >= KEPT
    calibrated = [calibrations.action.confidence(d.margin) for d in decisions if d[:2] == ("action", False)]
    assert sum(each >= thresholds.stop for each in calibrated) / len(calibrated) <= EARLY_STOPS


def test_where_judging_is_weak_quotes_worth_keeping_are_kept() -> None:
    made = weighed(6000, 3.5)
    decisions = decisions_of(made)
    calibrations = calibrate(decisions, made)
    thresholds = choose(calibrations, decisions, made)
    good = [
        clue_confidence(calibrations, each)
        for each in made
        if each.best.right and calibrations.new.confidence(each.announced) >= thresholds.new
    ]

    def kept(threshold: float) -> float:
        return sum(each >= threshold for each in good) / len(good)

    assert kept(thresholds.keep) >= KEPT - 0.001
    assert kept(round(thresholds.keep + 0.02, 2)) < KEPT


def test_what_was_never_seen_to_be_refused_is_not_trusted() -> None:
    right = [Decision("new", True, 9.0), Decision("action", True, 9.0)] * 50
    thresholds = choose(Calibrations(), right, [Weighing(9.0, (9.0,), (True,))] * 50)
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
    assert report["new"]["error_after"] < report["new"]["error_before"]
    assert all(0 <= report[name]["no_taken"] <= 1 for name in ("new", "action", "clue"))
    notes = Engine(EngineSpec(model=str(tiny_folder), adapter=str(tmp_path / "adapter"))).ready().notes
    assert notes.thresholds.new == report["new"]["threshold"]
    assert (notes.thresholds.keep, notes.thresholds.again) == (
        report["clue"]["threshold"],
        report["clue"]["again"],
    )
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
