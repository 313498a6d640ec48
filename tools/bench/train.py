"""`python -m tools.bench train`: a training step on one long trajectory, windowed beside full attention, in one run."""

import math
from typing import Any

from tools.bench.read import run_alone
from tools.bench.training import TRAINING

NAMES = tuple(TRAINING)


def measure(lengths: list[int], window: int, chunk: int, tell: Any) -> list[dict[str, Any]]:
    """Both at every length, in turn, each in a process of its own (for its peak memory)."""
    rows = []
    for length in lengths:
        for name in NAMES:
            tell(f"{name} at {length:,} tokens")
            run = run_alone(f"train-{name}", length, window, chunk)
            rows.append(
                {
                    "contestant": name,
                    "length": length,
                    "tokens": run["tokens"],
                    "tokens_per_second": round(run["tokens"] / run["seconds"], 1),
                    "peak_mib": round(run["peak_mib"]),
                }
            )
    return rows


def growth(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each contestant: the power of the length with which a step's time grows, and memory by 1,000 tokens."""
    found = []
    for name in NAMES:
        mine = [row for row in rows if row["contestant"] == name]
        tokens = [row["tokens"] for row in mine]
        seconds = [math.log(row["tokens"] / row["tokens_per_second"]) for row in mine]
        found.append(
            {
                "contestant": name,
                "time_power": round(slope([math.log(count) for count in tokens], seconds), 2),
                "mib_per_1000_tokens": round(1000 * slope(tokens, [row["peak_mib"] for row in mine]), 1),
            }
        )
    return found


def slope(x: list[Any], y: list[Any]) -> float:
    """The slope of the least-squares line; nothing grows where there is one point."""
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    spread = sum((a - mean_x) ** 2 for a in x)
    return sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / spread if spread else 0.0
