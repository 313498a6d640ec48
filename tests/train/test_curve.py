import json
from pathlib import Path

from typer.testing import CliRunner

from tools.train.curve import app


def test_a_curve_shows_the_loss_and_all_that_was_examined(tmp_path: Path) -> None:
    rows = [
        {"step": step, "loss": 1 / step, **({"held_out_recalled_64": 0.5} if step % 2 else {})}
        for step in (1, 2, 3)
    ]
    (tmp_path / "curve.jsonl").write_text("\n".join(map(json.dumps, rows)))
    pictures = []
    for name in ("a.svg", "b.svg"):
        done = CliRunner().invoke(app, [str(tmp_path), "--into", str(tmp_path / name), "--smoothed", "2"])
        assert done.exit_code == 0, done.output
        pictures.append((tmp_path / name).read_text())
    assert pictures[0] == pictures[1]
    assert "recalled_64" in pictures[0]


def test_a_folder_without_a_curve_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, [str(tmp_path)])
    assert done.exit_code == 2
    assert "training run" in done.output
