"""The training bench's own arithmetic."""

import pytest

from tools.bench.train import growth, slope


def row(contestant: str, tokens: int, seconds: float, peak: float) -> dict[str, object]:
    return {
        "contestant": contestant,
        "tokens": tokens,
        "tokens_per_second": tokens / seconds,
        "peak_mib": peak,
    }


def test_growth_is_a_power_of_the_length_for_time_and_a_slope_for_memory() -> None:
    rows = [row("windowed", n, n / 200, 1500) for n in (2048, 4096, 8192)]
    rows += [row("full", n, (n / 1000) ** 2, 1000 + n / 4) for n in (2048, 4096, 8192)]
    windowed, full = growth(rows)
    assert (windowed["time_power"], windowed["mib_per_1000_tokens"]) == (1.0, 0.0)
    assert (full["time_power"], full["mib_per_1000_tokens"]) == (2.0, 250.0)


def test_one_point_has_no_slope() -> None:
    assert slope([3], [4]) == 0.0
    assert slope([1, 2, 3], [2.0, 4.0, 6.0]) == pytest.approx(2.0)
