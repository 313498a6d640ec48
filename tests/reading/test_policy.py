import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from smoothread_agent.errors import RequestError
from smoothread_agent.reading import policy
from smoothread_agent.reading.policy import Budget, Limits, check_room, needed, together


def test_a_budget_says_what_is_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Budget().spent(10**9, 10**9, 512) is None
    assert Budget(max_chunks=2).spent(0, 1, 9) is None
    assert Budget(max_chunks=2).spent(0, 2, 9) == "2 chunks read, as many as allowed"
    assert Budget(max_tokens=100).spent(60, 1, 40) is None
    assert "the next chunk would pass the 100 allowed" in (Budget(max_tokens=100).spent(60, 1, 41) or "")
    now = [50.0]
    monkeypatch.setattr(policy.time, "monotonic", lambda: now[0])
    timed = Budget(max_seconds=1.5)
    now[0] += 1.4
    assert timed.spent(0, 0, 9) is None
    now[0] += 0.1
    assert timed.spent(0, 0, 9) == "1.5 s spent of the 1.5 s allowed"


def test_a_budget_is_cancelled_by_its_event_alone() -> None:
    switch = threading.Event()
    budget = Budget(max_chunks=1, cancelled=switch)
    assert not budget.is_cancelled()
    switch.set()
    assert budget.is_cancelled()
    assert not Budget().is_cancelled()


def test_a_chunk_must_leave_room_for_its_summary() -> None:
    limits = Limits(target_tokens=8, clue_tokens_in_stream=28)
    check_room(200, 100, limits)
    with pytest.raises(
        RequestError, match=r"a chunk of 101 tokens .* window of 200: choose a chunk of at most 100"
    ):
        check_room(200, 101, limits)


@pytest.mark.parametrize("bounds", [(0, 5), (6, 5), (1, 1), (-3, 9)])
def test_bounds_of_a_quote_that_cannot_be(bounds: tuple[int, int]) -> None:
    with pytest.raises(ValidationError, match="give the fewest characters"):
        Limits(quote_characters=bounds)


@given(st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_two_witnesses_are_surer_than_one_and_one_who_knows_nothing_adds_nothing(a: float, b: float) -> None:
    assert together(0.5, b) == pytest.approx(b)
    assert together(a, b) == pytest.approx(together(b, a))
    assert 0 <= together(a, b) <= 1
    assert (together(a, b) >= b) == (a >= 0.5) or a == pytest.approx(0.5, abs=1e-6)
    assert together(needed(b, a), a) == pytest.approx(b, abs=1e-6)


def test_certainty_stays_a_probability() -> None:
    assert together(1.0, 1.0) == pytest.approx(1)
    assert together(0.0, 0.0) == pytest.approx(0, abs=1e-6)
    assert needed(0.5, 1.0) == pytest.approx(0, abs=1e-6)
    assert needed(0.0, 0.0) == pytest.approx(0.5)
