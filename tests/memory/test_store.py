import copy
import json
import pickle
import time
from random import Random

import pytest

from smoothread_agent.memory.chain import Chain
from smoothread_agent.memory.errors import MemoryStoreError, StoreFullError
from smoothread_agent.memory.maintenance import export, import_, prune, verify
from smoothread_agent.memory.policy import CheckpointPolicy
from smoothread_agent.memory.samples import (
    CHUNKS,
    CONDITIONS,
    a_memory,
    a_result,
    a_source,
    a_state,
    put,
    same,
)
from smoothread_agent.memory.store import MemoryStore
from smoothread_agent.schema import SourceInfo

CHAIN = Chain.of(CONDITIONS, CHUNKS)


def test_the_policy_bounds_what_a_reading_leaves(tmp_path):
    chunks = tuple(f"chunk {n} " for n in range(40))
    store = MemoryStore(tmp_path, policy=CheckpointPolicy(every=2, most=3))
    for read in range(2, 41, 2):
        put(store, read, chunks=chunks, final=read == 40)
    assert store.prefixes(Chain.of(CONDITIONS, chunks)) == [16, 32, 40]
    files = list((tmp_path / "namespaces/default/checkpoints").rglob("*.safetensors"))
    assert len(files) == 3


@pytest.mark.parametrize("codec", ["bf16", "int8"])
def test_a_lossy_store_restores_nearly_the_same(tmp_path, codec):
    put(MemoryStore(tmp_path, codec=codec), 4, final=True)
    restored = MemoryStore(tmp_path).restore(CHAIN)
    assert restored.entry.codec == codec
    for name, tensor in a_memory(4).tensors.items():
        assert (restored.memory.tensors[name] - tensor).abs().max() <= tensor.abs().max() / 250


def test_a_quota_evicts_intermediate_ones_first_then_the_least_recently_used(tmp_path):
    store = MemoryStore(tmp_path)
    texts = [tuple(f"{name} {n} " for n in range(4)) for name in "abc"]
    chains = [Chain.of(CONDITIONS, text) for text in texts]
    for text in texts:
        put(store, 3, chunks=text)
        put(store, 4, chunks=text, final=True)
    store.restore(chains[0])  # now b's is the one not used for longest
    room = sum(entry.nbytes for entry in store.entries() if entry.final)
    store.quota_bytes = room
    store.evict()
    assert [store.prefixes(chain) for chain in chains] == [[4], [4], [4]]
    store.quota_bytes = room - 1
    store.evict()
    assert [store.prefixes(chain) for chain in chains] == [[4], [], [4]]


def test_a_save_makes_its_own_room_and_is_itself_spared(tmp_path):
    put(MemoryStore(tmp_path), 3)
    (entry,) = MemoryStore(tmp_path).entries()
    store = MemoryStore(tmp_path, quota_bytes=int(entry.nbytes * 1.5))
    put(store, 4, chunks=("w ", "x ", "y ", "z "), final=True)
    assert store.prefixes(CHAIN) == []
    assert len(store.entries()) == 1


def test_a_checkpoint_larger_than_the_quota_is_refused_and_evicts_nothing(tmp_path):
    put(MemoryStore(tmp_path), 3)
    with pytest.raises(StoreFullError, match="quota"):
        put(MemoryStore(tmp_path, quota_bytes=100), 4, final=True)
    assert MemoryStore(tmp_path).prefixes(CHAIN) == [3]


def test_what_is_expired_counts_as_gone_and_is_pruned(tmp_path):
    store = MemoryStore(tmp_path, ttl_seconds=3600)
    put(store, 4, final=True)
    store.save_result("1" * 64, CONDITIONS, a_result())
    assert store.restore(CHAIN) is not None
    store.ttl_seconds = 0.0
    time.sleep(0.01)
    assert store.restore(CHAIN) is None
    assert store.load_result("1" * 64) is None
    assert prune(store) == 2
    assert MemoryStore(tmp_path).entries() == []


def test_a_store_of_another_format_is_refused(tmp_path):
    put(MemoryStore(tmp_path), 4)
    (tmp_path / "smoothread-store.json").write_text('{"smoothread store format": 2}')
    with pytest.raises(MemoryStoreError, match="another format"):
        MemoryStore(tmp_path)


def test_an_unknown_filesystem_is_refused():
    with pytest.raises(MemoryStoreError, match="cannot be opened"):
        MemoryStore("nosuch://place")


def test_opening_and_asking_write_nothing(tmp_path):
    store = MemoryStore(tmp_path / "new")
    assert store.restore(CHAIN) is None
    assert verify(store) == []
    assert not (tmp_path / "new").exists()


def test_a_copy_is_the_same_store_and_a_pickle_opens_it_anew(tmp_path):
    store = MemoryStore(tmp_path, namespace="mine", codec="bf16", quota_bytes=10**6)
    put(store, 3)
    assert copy.deepcopy(store) is store
    again = pickle.loads(pickle.dumps(store))
    assert (again.namespace, again.codec, again.quota_bytes) == ("mine", "bf16", 10**6)
    assert again.prefixes(CHAIN) == [3]


def test_a_key_is_no_path(tmp_path):
    store = MemoryStore(tmp_path)
    (tmp_path / "secret.json").write_text("{}")
    for key in ("../../../secret", "/etc/passwd", ""):
        assert store.load_result(key) is None
        assert store.forget(key=key) == 0
    assert (tmp_path / "secret.json").exists()


def test_verify_says_nothing_of_a_sound_store(tmp_path):
    store = MemoryStore(tmp_path)
    put(store, 3)
    store.save_result("1" * 64, CONDITIONS, a_result())
    assert verify(store) == []
    assert len(store.entries()) == 2


def test_prune_removes_what_crashes_left_but_not_what_is_under_way(tmp_path):
    store = MemoryStore(tmp_path)
    key = put(store, 3)
    folder = next((tmp_path / "namespaces/default/checkpoints").iterdir())
    orphan, partial = folder / f"{'0' * 64}.{'0' * 16}.safetensors", folder / ".tmp-abc"
    orphan.write_bytes(b"blob")
    partial.write_bytes(b"part")
    assert prune(store) == 0
    assert prune(store, grace_seconds=0) == 2
    assert not orphan.exists()
    assert not partial.exists()
    assert store.restore(CHAIN).entry.key == key


def test_exported_memory_goes_on_in_another_store_and_namespace(tmp_path):
    one = MemoryStore(tmp_path / "one")
    first = put(one, 3)
    put(one, 4, final=True)
    one.save_result("1" * 64, CONDITIONS, a_result())
    assert export(one, tmp_path / "all.zip") == 3
    assert export(one, tmp_path / "first.zip", keys=[first]) == 1
    two = MemoryStore(tmp_path / "two", namespace="elsewhere")
    assert import_(two, tmp_path / "all.zip") == 3
    restored = two.restore(CHAIN)
    assert same(restored.memory, a_memory(4))
    assert restored.state == a_state(4)
    assert two.load_result("1" * 64) == a_result()
    three = MemoryStore(tmp_path / "three")
    assert import_(three, tmp_path / "first.zip") == 1
    assert three.prefixes(CHAIN) == [3]


def test_exporting_what_is_not_there_leaves_no_archive(tmp_path):
    with pytest.raises(MemoryStoreError, match="no entry"):
        export(MemoryStore(tmp_path / "one"), tmp_path / "all.zip", keys=["0" * 64])
    assert not list(tmp_path.glob("*.zip*"))
    assert not list(tmp_path.glob(".*"))


def test_nothing_damaged_is_taken_from_an_archive(tmp_path):
    """A flipped bit is refused, or lies where it means nothing (a date, an attribute) and changes nothing."""
    one = MemoryStore(tmp_path / "one")
    put(one, 3)
    export(one, tmp_path / "all.zip")
    data = bytearray((tmp_path / "all.zip").read_bytes())
    refused = 0
    random = Random(0)
    for trial in range(60):
        bad = data[:]
        bad[random.randrange(len(bad))] ^= 1 << random.randrange(8)
        (tmp_path / "bad.zip").write_bytes(bad)
        two = MemoryStore(f"memory://{tmp_path.name}/{trial}")
        try:
            import_(two, tmp_path / "bad.zip")
        except MemoryStoreError:
            refused += 1
            assert two.entries() == []
        else:
            assert same(two.restore(CHAIN).memory, a_memory(3))
            assert two.restore(CHAIN).state == a_state(3)
    assert refused > 50


def test_what_is_no_archive_is_refused(tmp_path):
    (tmp_path / "bad.zip").write_bytes(b"no archive")
    with pytest.raises(MemoryStoreError, match="cannot be read"):
        import_(MemoryStore(tmp_path), tmp_path / "bad.zip")
    with pytest.raises(MemoryStoreError, match="cannot be read"):
        import_(MemoryStore(tmp_path), tmp_path / "missing.zip")


def test_sources_are_found_without_an_index(tmp_path):
    store = MemoryStore(tmp_path)
    put(store, 4, final=True)
    other = ("Rye bread ", "rises ", "for eight hours ", "in a warm place.")
    store.save(
        Chain.of(CONDITIONS.model_copy(update={"order": "source_first", "task": None}), other),
        a_memory(1),
        a_state(1, other).model_copy(update={"clues": (), "summary": None}),
        source=SourceInfo(name="bread.txt", digest="b" * 64, characters=40),
        about="Rye bread rises for eight hours in a warm place.",
    )
    best, second = store.find_sources("how long does rye bread have to rise")
    assert best.source.name == "bread.txt"
    assert best.score > second.score
    assert store.find_sources("Jasper Aloic", limit=1)[0].source == a_source()


def test_a_listing_is_json(tmp_path):
    store = MemoryStore(tmp_path)
    put(store, 3)
    (entry,) = store.entries()
    assert json.loads(entry.model_dump_json())["source"]["name"] == "bridge.txt"
