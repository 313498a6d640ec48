"""The read bench's own arithmetic: ratios are taken within one run, length by length."""

from tools.bench.read import ratios


def row(contestant, length, speed, peak=1000):
    return {"contestant": contestant, "length": length, "tokens_per_second": speed, "peak_mib": peak}


def test_reading_is_set_beside_its_limit_and_beside_full_attention():
    rows = [
        row("bare", 4096, 800),
        row("smooth", 4096, 600),
        row("full", 4096, 500),
        row("bare", 65536, 700),
        row("smooth", 65536, 630, peak=1030),
    ]
    assert ratios(rows) == [
        {"length": 4096, "memory_over_shortest": 1.0, "smooth_over_bare": 0.75, "smooth_over_full": 1.2},
        {"length": 65536, "memory_over_shortest": 1.03, "smooth_over_bare": 0.9},
    ]
