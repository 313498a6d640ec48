import random

import pytest

from tools.evaluate import estimate


def test_wilson_gives_the_textbook_interval() -> None:
    # Brown, Cai and DasGupta's formula by hand for 8 of 10.
    found = estimate.wilson(8, 10)
    assert (found.mean, found.n) == (0.8, 10)
    assert found.low == pytest.approx(0.490, abs=1e-3)
    assert found.high == pytest.approx(0.943, abs=1e-3)


@pytest.mark.parametrize("successes", [0, 7])
def test_wilson_keeps_doubt_at_the_ends(successes: int) -> None:
    found = estimate.wilson(successes, 7)
    assert found.high - found.low > 0.3
    assert 0.0 <= found.low <= found.mean <= found.high <= 1.0


def test_mean_takes_wilson_for_shares_of_cases_and_the_bootstrap_otherwise() -> None:
    assert estimate.mean([1, 1, 0]) == estimate.wilson(2, 3)
    partial = estimate.mean([0.25, 0.5, 1.0, 0.75])
    assert partial is not None
    assert partial.low < partial.mean == 0.625 < partial.high
    assert estimate.mean([]) is None


def test_bootstrap_covers_the_true_mean_about_as_often_as_it_says() -> None:
    rng = random.Random(4)
    covered = 0
    for _ in range(40):
        found = estimate.bootstrap([rng.gauss(3.0, 1.0) for _ in range(40)], lambda v: sum(v) / len(v))
        covered += found.low <= 3.0 <= found.high
    assert 33 <= covered <= 40


def test_ratio_is_of_sums_not_a_mean_of_ratios() -> None:
    found = estimate.ratio([1, 0], [10, 90], scale=100)
    assert found is not None
    assert found.mean == pytest.approx(1.0)
    assert estimate.ratio([0, 0], [0, 0]) is None


def test_difference_is_paired() -> None:
    first, second = [1.0, 0.1] * 20, [0.9, 0.0] * 20
    found = estimate.difference(first, second)
    assert found is not None
    assert found.mean == pytest.approx(0.1)
    # The cases differ widely, the gain does not: unpaired, the interval would reach from -0.1 to 0.3.
    assert 0.04 < found.low < 0.1 < found.high < 0.15


def test_difference_by_hand() -> None:
    # Agresti and Min: 5 wins, 1 loss, 14 draws; with half a win, half a loss and a draw, 4 / 22 is the centre.
    found = estimate.difference([1.0] * 5 + [0.0] + [1.0] * 14, [0.0] * 5 + [1.0] + [1.0] * 14)
    assert found is not None
    assert found.mean == pytest.approx(0.2)
    half = 1.96 * ((7 / 22 - (4 / 22) ** 2) / 22) ** 0.5
    assert found.low == pytest.approx(4 / 22 - half, abs=1e-4)
    assert found.high == pytest.approx(4 / 22 + half, abs=1e-4)


def test_a_few_cases_that_all_agree_leave_doubt() -> None:
    found = estimate.difference([1.0] * 3, [0.0] * 3)
    assert found is not None
    assert found.low < 0.3
    assert found.mean == found.high == 1.0
    assert estimate.difference([], []) is None
