"""The mean of adapters."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from tools.train.mean import app


def run(folder: Path, weight: torch.Tensor) -> Path:
    """A run's folder with an adapter of one matrix."""
    (folder / "adapter").mkdir(parents=True)
    save_file({"lora_A": weight}, folder / "adapter" / "adapter_model.safetensors")
    (folder / "adapter" / "adapter_config.json").write_text(json.dumps({"r": len(weight), "of": folder.name}))
    (folder / "settings.json").write_text(json.dumps({"seed": folder.name}))
    return folder


def test_it_lies_in_the_middle_and_is_a_run_like_the_first(tmp_path: Path) -> None:
    given = [
        run(tmp_path / name, torch.full((2, 3), value))
        for name, value in (("a", 1.0), ("b", 4.0), ("c", 1.0))
    ]
    into = tmp_path / "mean"
    done = CliRunner().invoke(app, [str(into), *map(str, given)])
    assert done.exit_code == 0, done.output
    (weight,) = load_file(into / "adapter" / "adapter_model.safetensors").values()
    assert torch.equal(weight, torch.full((2, 3), 2.0))
    assert json.loads((into / "adapter" / "adapter_config.json").read_text())["of"] == "a"
    assert json.loads((into / "settings.json").read_text()) == {"seed": "a"}


def test_adapters_of_other_ranks_have_none(tmp_path: Path) -> None:
    given = [run(tmp_path / "a", torch.ones(2, 3)), run(tmp_path / "b", torch.ones(4, 3))]
    done = CliRunner().invoke(app, [str(tmp_path / "mean"), *map(str, given)])
    assert done.exit_code == 2
    assert "ranks" in done.output
    assert not (tmp_path / "mean").exists()
