"""The memory bench on a tiny model: every way of reading is measured, and each reuses what it says it does."""

import json
from pathlib import Path

from typer.testing import CliRunner

from tools.bench.__main__ import app


def test_codecs_and_reuse_are_measured_side_by_side(tiny_folder: Path) -> None:
    arguments = [
        "memory", "--model", str(tiny_folder), "--tokens", "4k", "--grown", "600", "--promising", "1",
        "--window", "900", "--chunk", "256", "--codec-tokens", "300", "--after", "8", "--repeats", "1",
        "--answers", "2", "--visits", "2", "--json",
    ]  # fmt: skip
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    found = json.loads(done.stdout)
    exact, _, int8 = found["codecs"]
    assert (exact["codec"], exact["memory_relative_error"], exact["same_next_token"]) == ("exact", 0.0, 1.0)
    assert int8["nbytes"] < exact["nbytes"]
    assert 0 < int8["memory_relative_error"] < 0.1
    rows = {row["reading"]: row for row in found["reuse"]}
    first, kept, same, grew, source, second, likeliest = rows.values()
    assert first["tokens_read"] == kept["tokens_read"] == source["tokens_read"]
    assert kept["store_s"] > first["store_s"] == 0.0
    assert (same["tokens_read"], same["tokens_restored"]) == (0, first["tokens_read"])
    assert 0 < grew["tokens_read"] < 600 + 2 * 256
    assert (second["tokens_read"], second["tokens_restored"]) == (0, first["tokens_read"])
    assert (likeliest["tokens_read"], likeliest["chunks"]) == (0, 1)
    assert source["disk_mib"] > kept["disk_mib"] > 0
    assert [(row["codec"], row["cases"]) for row in found["answers"]] == [
        ("exact", 2),
        ("bf16", 2),
        ("int8", 2),
    ]
    assert (found["answers"][0]["same_answers"], found["answers"][0]["same_clues"]) == (1.0, 1.0)
    *asked, before = found["visits"]
    assert [row["cases"] for row in asked] == [2, 2, 2, 2]
    assert asked[-1]["chunks"] <= 1 < asked[0]["chunks"]
    assert all(0 <= row["found"] <= 1 for row in asked)
    assert before["seconds"] > 0
    (ratios,) = found["ratios"]
    assert set(ratios) == {
        "checkpoints_share_of_reading", "first_over_same_request", "first_over_source_that_grew",
        "first_over_second_question", "first_over_likeliest_chunks",
    }  # fmt: skip
    assert all(value > 0 for value in ratios.values())
