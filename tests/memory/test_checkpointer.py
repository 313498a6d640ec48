import errno
import threading

import pytest
from fsspec.implementations.local import LocalFileSystem

from smoothread_agent.errors import MemoryMismatchError
from smoothread_agent.memory.chain import Chain
from smoothread_agent.memory.checkpointer import Checkpointer
from smoothread_agent.memory.errors import MemoryStoreError, MemoryStoreWarning, StoreFullError
from smoothread_agent.memory.policy import CheckpointPolicy
from smoothread_agent.memory.samples import (
    CHUNKS,
    CONDITIONS,
    a_memory,
    a_result,
    a_source,
    a_state,
    same,
)
from smoothread_agent.memory.store import MemoryStore
from smoothread_agent.model.protocol import RecurrentModel

CHAIN = Chain.of(CONDITIONS, CHUNKS)
POLICY = CheckpointPolicy(every=2, most=4)


class Keeper(RecurrentModel):
    """A model that keeps all of its memory."""

    def pin(self, prefix):
        raise NotImplementedError

    def read(self, memory, tokens):
        raise NotImplementedError


class Forgetful(Keeper):
    """A model that finds nothing of its own in what was kept."""

    def whole(self, essence):
        raise MemoryMismatchError("of another window")


def a_checkpointer(store, **options):
    return Checkpointer(store, Keeper(), CHAIN, a_source(), POLICY, **options)


def test_a_reading_is_checkpointed_where_the_policy_says_and_gone_on_from(tmp_path):
    checkpointer = a_checkpointer(MemoryStore(tmp_path, policy=POLICY))
    assert checkpointer.restore() is None
    written = [checkpointer.after_chunk(a_memory(n), a_state(n), final=n == 4) for n in (1, 2, 3, 4)]
    assert written == [False, True, True, True]
    restored = a_checkpointer(MemoryStore(tmp_path)).restore()
    assert restored.state == a_state(4)
    assert same(restored.memory, a_memory(4))
    assert a_checkpointer(MemoryStore(tmp_path)).restore(up_to=2).state.chunks_read == 2
    assert checkpointer.failures == []
    assert checkpointer.seconds > 0


def test_a_reading_that_stops_early_is_checkpointed_where_it_stopped(tmp_path):
    checkpointer = a_checkpointer(MemoryStore(tmp_path))
    assert checkpointer.after_chunk(a_memory(1), a_state(1), final=True)
    assert checkpointer.restore().entry.final


class Slow(MemoryStore):
    """A store that saves once it is let."""

    def __init__(self, *given, **more):
        super().__init__(*given, **more)
        self.let = threading.Event()

    def save(self, *given, **more):
        assert self.let.wait(60)
        return super().save(*given, **more)


def test_a_reading_goes_on_while_its_checkpoint_is_written(tmp_path):
    store = Slow(tmp_path, policy=POLICY)
    checkpointer, memory = a_checkpointer(store), a_memory(2)
    assert checkpointer.after_chunk(memory, a_state(2))
    for tensor in memory.tensors.values():
        tensor.zero_()  # as reading on changes a memory in place
    assert MemoryStore(tmp_path).restore(CHAIN) is None
    store.let.set()
    assert checkpointer.stored(up_to=4) == 2  # asked for anything else, it waits for what is written
    assert same(checkpointer.restore().memory, a_memory(2))


def test_a_store_that_fails_stops_no_reading_unless_told_to(tmp_path):
    full = MemoryStore(tmp_path, quota_bytes=10)
    easy, strict = a_checkpointer(full), a_checkpointer(full, strict=True)
    assert easy.after_chunk(a_memory(2), a_state(2))
    with pytest.warns(MemoryStoreWarning, match="goes on without it"):
        assert not easy.after_chunk(a_memory(4), a_state(4), final=True)
    assert easy.keep_result("1" * 64, a_result())  # what is warned of twice is not read
    assert ["after chunk 2" in easy.failures[0], "after chunk 4" in easy.failures[1]] == [True, True]
    assert "quota" in easy.failures[0]
    assert strict.after_chunk(a_memory(2), a_state(2))
    with pytest.raises(StoreFullError):
        strict.after_chunk(a_memory(3), a_state(3))
    with pytest.raises(StoreFullError):
        strict.after_chunk(a_memory(4), a_state(4), final=True)


def test_a_store_that_cannot_be_read_restores_nothing(tmp_path, monkeypatch):
    a_checkpointer(MemoryStore(tmp_path)).after_chunk(a_memory(2), a_state(2), final=True)

    def fails(*_):
        raise OSError(errno.EIO, "the disk is failing")

    easy, strict = a_checkpointer(MemoryStore(tmp_path)), a_checkpointer(MemoryStore(tmp_path), strict=True)
    monkeypatch.setattr(LocalFileSystem, "cat_file", fails)
    with pytest.raises(MemoryStoreError, match="failing"):
        strict.restore()
    with pytest.warns(MemoryStoreWarning, match="failing"):
        assert easy.restore() is None
    assert easy.result("1" * 64) is None
    assert "failing" in easy.failures[0]


def test_a_memory_that_does_not_fit_the_model_is_read_again(tmp_path):
    checkpointer = a_checkpointer(MemoryStore(tmp_path))
    assert checkpointer.after_chunk(a_memory(4), a_state(4), final=True)
    checkpointer.model = Forgetful()
    with pytest.warns(MemoryStoreWarning, match="nothing was restored: of another window"):
        assert checkpointer.restore() is None
