"""The RWKV-7 bench: both sides read the same weights, and come to the same logits."""

import json

from typer.testing import CliRunner

from tools.bench.__main__ import app


def test_both_read_the_same_weights() -> None:
    arguments = [
        "rwkv7",
        "--layers",
        "1",
        "--hidden",
        "64",
        "--vocabulary",
        "97",
        "--prefill",
        "9",
        "--decode",
        "2",
    ]
    done = CliRunner().invoke(app, [*arguments, "--repeats", "1", "--json"], catch_exceptions=False)
    rows = json.loads(done.stdout)["rows"]
    assert [row["phase"] for row in rows] == ["prefill", "decode"]
    assert all(row["ratio"] > 0 and row["logits_apart"] < 1e-3 for row in rows)
