"""Lessons that are rendered beforehand: a run takes them for its own."""

import json
from pathlib import Path

import pytest

pytest.importorskip("peft")

from typer.testing import CliRunner

from smoothread_agent.errors import ModelError
from smoothread_agent.model.loading import load_model
from smoothread_agent.model.resolve import resolve
from smoothread_agent.reading.codec import TextCodec
from tests.train.test_trainer import SETTINGS
from tools.train import lessons, prepared
from tools.train.prepare import app
from tools.train.run import CURVE
from tools.train.trainer import Trainer

pytestmark = pytest.mark.usefixtures("small_corpora")


@pytest.fixture(scope="module")
def rendered(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's folder with its lessons."""
    folder = tmp_path_factory.mktemp("prepared")
    given = folder / "given.json"
    given.write_text(SETTINGS.model_dump_json())
    arguments = [str(folder), "--settings", str(given), "--model", str(tiny_folder), "--workers", "1"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    return folder


def codec_of(model: Path) -> TextCodec:
    return TextCodec(load_model(resolve(str(model)), dtype="fp32").tokenizer)


def test_they_are_what_the_trainer_would_have_rendered(rendered: Path, tiny_folder: Path) -> None:
    codec = codec_of(tiny_folder)
    key = prepared.made_for(codec, SETTINGS)
    for step in range(SETTINGS.steps):
        expected = list(lessons.lessons_of(codec, SETTINGS, "train", step, SETTINGS.trajectories_per_step))
        assert prepared.prepared(rendered, key, "train", step) == expected
        assert any(lesson.asides for lesson in expected)
    held_out = prepared.prepared(rendered, key, "held_out", SETTINGS.steps)
    assert held_out == list(
        lessons.lessons_of(codec, SETTINGS, "held_out", SETTINGS.steps, SETTINGS.held_out)
    )


def test_a_run_learns_from_them_and_draws_none(
    rendered: Path, tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load_model(resolve(str(tiny_folder)), dtype="fp32")
    Trainer(loaded.model, loaded.tokenizer, SETTINGS, tmp_path).run(lambda figures: None)
    monkeypatch.setattr("tools.train.trainer.lessons_of", None)
    loaded = load_model(resolve(str(tiny_folder)), dtype="fp32")
    Trainer(loaded.model, loaded.tokenizer, SETTINGS, rendered).run(lambda figures: None)
    drawn, taken = ((folder / CURVE).read_text().splitlines() for folder in (tmp_path, rendered))
    figures = [[{**json.loads(row), "seconds": 0} for row in rows] for rows in (drawn, taken)]
    assert figures[0] == figures[1]


def test_those_of_other_settings_are_refused(rendered: Path, tiny_folder: Path) -> None:
    other = SETTINGS.model_copy(update={"seed": 7})
    with pytest.raises(ModelError, match="prepared for other settings"):
        prepared.prepared(rendered, prepared.made_for(codec_of(tiny_folder), other), "train", 0)


def test_a_damaged_file_is_told_of(rendered: Path, tiny_folder: Path, tmp_path: Path) -> None:
    whole = prepared.path_of(rendered, "train", 0)
    cut = prepared.path_of(tmp_path, "train", 0)
    cut.parent.mkdir()
    cut.write_bytes(whole.read_bytes()[:-100])
    with pytest.raises(ModelError, match="is damaged"):
        prepared.prepared(tmp_path, prepared.made_for(codec_of(tiny_folder), SETTINGS), "train", 0)
