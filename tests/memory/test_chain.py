import pytest
from hypothesis import given
from hypothesis import strategies as st

from smoothread_agent.memory.chain import Chain, Conditions, request_key

CONDITIONS = Conditions(model="m" * 64, dtype="float32", wording="1", chunk=512, task="Who?")


@given(st.lists(st.text(), max_size=6), st.lists(st.text(), max_size=6))
def test_two_readings_share_keys_exactly_as_far_as_they_share_chunks(one, other):
    first, second = Chain.of(CONDITIONS, one), Chain.of(CONDITIONS, other)
    shared = next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    assert first.shared(second.digests) == shared
    assert first.keys[: shared + 1] == second.keys[: shared + 1]
    assert not set(first.keys[shared + 1 :]) & set(second.keys[shared + 1 :])


def test_where_chunks_are_cut_matters():
    assert Chain.of(CONDITIONS, ["ab", "c"]).keys[-1] != Chain.of(CONDITIONS, ["a", "bc"]).keys[-1]


@pytest.mark.parametrize(
    "change",
    [
        {"model": "n" * 64},
        {"dtype": "bfloat16"},
        {"wording": "2"},
        {"chunk": 256},
        {"chunker": "2"},
        {"order": "source_first", "task": None},
        {"arm": "reset"},
        {"task": "Where?"},
        {"rules": "thresholds"},
    ],
)
def test_every_condition_gives_keys_of_its_own(change):
    other = Conditions(**{**CONDITIONS.model_dump(), **change})
    here, there = Chain.of(CONDITIONS, ["a", "b"]), Chain.of(other, ["a", "b"])
    assert not set(here.keys) & set(there.keys)


def test_keys_can_be_computed_again_from_the_digests():
    chain = Chain.of(CONDITIONS, ["one", "two", "three"])
    assert Chain.of_digests(CONDITIONS, chain.digests) == chain
    assert len(chain) == 3
    assert len(chain.keys) == 4


def test_keys_are_the_same_in_every_process_and_release():
    """A golden value: whoever changes how keys are made makes every store forget, and must know it."""
    key = Chain.of(CONDITIONS, ["one", "two"]).keys[-1]
    assert key == "ea2c157b82d9ccdba41088d428437bb5f8a36ff2a881d2fddedbd00a62238026"


@pytest.mark.parametrize(("order", "task"), [("task_first", None), ("source_first", "Who?")])
def test_order_and_task_must_fit(order, task):
    with pytest.raises(ValueError, match=order):
        Conditions(model="m", dtype="float32", wording="1", chunk=512, order=order, task=task)


def test_a_result_is_keyed_by_source_and_request():
    key = request_key(CONDITIONS, "s" * 64, {"task": "Who?", "max_chunks": None})
    assert key == request_key(CONDITIONS, "s" * 64, {"max_chunks": None, "task": "Who?"})
    assert key != request_key(CONDITIONS, "t" * 64, {"task": "Who?", "max_chunks": None})
    assert key != request_key(CONDITIONS, "s" * 64, {"task": "Who?", "max_chunks": 3})
