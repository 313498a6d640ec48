"""`python -m tools.bench read`: reading beside its limit and beside full attention, in one run."""

import json
import statistics
import subprocess
import sys
from typing import Any

from tools.bench.contestants import CONTESTANTS, installed

ONE = "tools.bench.one"


def measure(
    lengths: list[int], contestants: list[str], repeats: int, window: int, chunk: int, tell: Any
) -> list[dict[str, Any]]:
    """Every contestant at every length, in turn, each in a process of its own (for its peak memory): medians."""
    rows: list[dict[str, Any]] = []
    for length in lengths:
        runs: dict[str, list[dict[str, Any]]] = {name: [] for name in contestants}
        for _ in range(repeats):
            for name in contestants:
                tell(f"{name} at {length:,} tokens")
                runs[name].append(run_alone(name, length, window, chunk))
        rows.extend(_row(name, length, got) for name, got in runs.items())
    return rows


def ratios(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the reading promises: its share of the bare prefill's speed, and its gain over full attention."""
    speed = {(row["contestant"], row["length"]): row["tokens_per_second"] for row in rows}
    memory = {row["length"]: row["peak_mib"] for row in rows if row["contestant"] == "smooth"}
    out = []
    for length, peak in memory.items():
        found: dict[str, Any] = {
            "length": length,
            "memory_over_shortest": round(peak / memory[min(memory)], 3),
        }
        for other in ("bare", "full", "llama.cpp"):
            if (other, length) in speed:
                found[f"smooth_over_{other}"] = round(speed["smooth", length] / speed[other, length], 3)
        out.append(found)
    return out


def default_contestants() -> list[str]:
    """Those that can run here."""
    return [name for name in CONTESTANTS if installed(name)]


def run_alone(name: str, length: int, window: int, chunk: int) -> dict[str, Any]:
    """The figures of one contestant at one length, from a process of its own."""
    command = [sys.executable, "-m", ONE, name, str(length), str(window), str(chunk)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _row(name: str, length: int, runs: list[dict[str, Any]]) -> dict[str, Any]:
    speeds = [run["tokens"] / run["seconds"] for run in runs]
    return {
        **{key: value for key, value in runs[0].items() if key not in ("tokens", "seconds")},
        "contestant": name,
        "length": length,
        "tokens_per_second": round(statistics.median(speeds), 1),
        "spread": [round(min(speeds), 1), round(max(speeds), 1)],
        "peak_mib": round(statistics.median(run["peak_mib"] for run in runs)),
    }
