import pytest

from smoothread_agent.memory.policy import CheckpointPolicy


def read(policy, chunks, *, stop=None):
    """The checkpoints that are stored after each chunk of a reading."""
    stored, history = [], []
    for read in range(1, (stop or chunks) + 1):
        final = read == (stop or chunks)
        if final or policy.due(read, chunks):
            stored.append(read)
            gone = policy.superseded(stored, read, final=final)
            stored = [number for number in stored if number not in gone]
        history.append(list(stored))
    return history


@pytest.mark.parametrize("every", [1, 3, 8])
@pytest.mark.parametrize("most", [1, 4, 8])
@pytest.mark.parametrize("chunks", [1, 2, 7, 64, 1000])
def test_disk_is_bounded_and_a_crash_costs_little(every, most, chunks):
    for read_so_far, stored in enumerate(read(CheckpointPolicy(every=every, most=most), chunks), 1):
        assert len(stored) <= most + 4
        assert read_so_far - max(stored, default=0) < every


def test_the_end_and_the_chunk_before_it_are_kept():
    """A source that grows changes its last chunk: only the checkpoint before that one can be gone on from."""
    assert {99, 100} <= set(read(CheckpointPolicy(), 100)[-1])


def test_older_checkpoints_lie_evenly_over_a_long_reading():
    stored = read(CheckpointPolicy(every=8, most=8), 1000)[-1]
    assert stored == [128, 256, 384, 512, 640, 768, 896, 999, 1000]


@pytest.mark.parametrize("chunks", [1, 2, 63, 64, 65, 300, 1000])
def test_a_policy_that_knows_the_length_writes_only_what_stays(chunks):
    policy = CheckpointPolicy(every=1, most=64)
    written = [read for read in range(1, chunks + 1) if policy.spread(chunks).due(read, chunks)]
    assert written == read(policy, chunks)[-1]
    assert len(written) <= 64 + 4


def test_a_later_shorter_reading_leaves_the_longer_one_its_end():
    policy = CheckpointPolicy(every=8, most=8)
    stored = read(policy, 100)[-1]
    gone = policy.superseded([*stored, 10], 10, final=True)
    assert not {99, 100} & set(gone)
    assert 10 not in gone
