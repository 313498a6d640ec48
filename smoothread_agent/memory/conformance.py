"""The conformance suite: what any memory store must do. Subclass it in a test file of your own:

    class TestMyStore(MemoryStoreConformance):
        def open_store(self, place: Path, namespace: str = "default") -> Store:
            return MyStore(place, namespace=namespace)

`place` is an empty folder of its own for each test; a store that lies elsewhere takes its name as its own. Two stores
opened at one place see the same things, if their namespace is the same. pytest collects and runs the tests.
"""

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from smoothread_agent.errors import RequestError
from smoothread_agent.memory.chain import Chain, Conditions, request_key
from smoothread_agent.memory.entries import ReadingState
from smoothread_agent.memory.protocol import Store
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


def refuses(call: object) -> bool:
    """Whether calling it raises a `RequestError`."""
    assert callable(call)
    try:
        call()
    except RequestError:
        return True
    return False


class MemoryStoreConformance(ABC):
    """The tests. The store is to keep memories exactly, and to keep at least the last checkpoint of a chain."""

    @abstractmethod
    def open_store(self, place: Path, namespace: str = "default") -> Store:
        """A store at `place`, opened anew."""

    def test_what_was_saved_comes_back(self, tmp_path: Path) -> None:
        """Memory bit for bit, and every field of the state, through a store that is opened again."""
        put(self.open_store(tmp_path), 3)
        restored = self.open_store(tmp_path).restore(Chain.of(CONDITIONS, CHUNKS))
        assert restored is not None
        assert same(restored.memory, a_memory(3))
        assert restored.state == a_state(3)
        assert restored.entry.source == a_source()
        assert restored.problems == ()

    def test_an_empty_store_has_nothing(self, tmp_path: Path) -> None:
        """And says so, rather than failing."""
        store = self.open_store(tmp_path)
        chain = Chain.of(CONDITIONS, CHUNKS)
        assert store.restore(chain) is None
        assert store.prefixes(chain) == []
        assert store.load_result("0" * 64) is None
        assert store.entries() == []
        assert store.forget(key="0" * 64) == 0

    def test_saving_and_restoring_change_nothing_of_the_callers(self, tmp_path: Path) -> None:
        """Reading on in a memory that was saved, or restored, leaves the stored one as it was."""
        store, chain = self.open_store(tmp_path), Chain.of(CONDITIONS, CHUNKS)
        memory = a_memory(2)
        store.save(chain, memory, a_state(2), source=a_source())
        assert same(memory, a_memory(2))
        for _ in range(2):
            restored = store.restore(chain)
            assert restored is not None
            assert same(restored.memory, a_memory(2))
            for tensor in (*memory.tensors.values(), *restored.memory.tensors.values()):
                tensor.fill_(9)

    def test_the_longest_prefix_is_taken(self, tmp_path: Path) -> None:
        """Whatever the order of saving; and no more than `up_to` chunks where that is asked."""
        store, chain = self.open_store(tmp_path), Chain.of(CONDITIONS, CHUNKS)
        put(store, 4, final=True)
        put(store, 3)
        longest, shorter = store.restore(chain), store.restore(chain, up_to=3)
        assert longest is not None
        assert longest.state.chunks_read == 4
        assert shorter is not None
        assert shorter.state.chunks_read == 3
        assert same(shorter.memory, a_memory(3))
        assert store.prefixes(chain) == [3, 4]

    def test_a_source_that_grew_keeps_its_beginning(self, tmp_path: Path) -> None:
        """Its last chunk changed, its tail is new: the memory before both is there."""
        store = self.open_store(tmp_path)
        put(store, 3)
        put(store, 4, final=True)
        grown = (*CHUNKS[:3], "a town of 4,100, and of bridges. ", "It has seven.")
        restored = store.restore(Chain.of(CONDITIONS, grown))
        assert restored is not None
        assert restored.state.chunks_read == 3

    def test_a_source_edited_in_the_middle_keeps_what_lies_before(self, tmp_path: Path) -> None:
        """Chunks after the edit are never reused, though they are the same."""
        store = self.open_store(tmp_path)
        put(store, 1)
        edited = (CHUNKS[0], "by nobody, ", *CHUNKS[2:])
        put(store, 4, final=True)
        restored = store.restore(Chain.of(CONDITIONS, edited))
        assert restored is None or restored.state.chunks_read == 1
        assert store.restore(Chain.of(CONDITIONS, ("another text",))) is None

    def test_other_conditions_share_nothing(self, tmp_path: Path) -> None:
        """Another model, precision, wording, chunk, order, arm, task or rule: another memory."""
        store = self.open_store(tmp_path)
        put(store, 4, final=True)
        changes: list[dict[str, object]] = [
            {"model": "n" * 64},
            {"dtype": "bfloat16"},
            {"wording": "2"},
            {"chunk": 17},
            {"chunker": "2"},
            {"order": "source_first", "task": None},
            {"arm": "reset"},
            {"task": "Where?"},
            {"rules": "other"},
        ]
        for change in changes:
            other = Conditions.model_validate({**CONDITIONS.model_dump(), **change})
            assert store.restore(Chain.of(other, CHUNKS)) is None, change

    def test_saving_again_replaces_and_counts(self, tmp_path: Path) -> None:
        """The last memory saved under a key is the one restored; its revision says how often."""
        store, chain = self.open_store(tmp_path), Chain.of(CONDITIONS, CHUNKS)
        store.save(chain, a_memory(1), a_state(2), source=a_source())
        again = self.open_store(tmp_path).save(chain, a_memory(2), a_state(2), source=a_source())
        assert again.revision == 2
        restored = store.restore(chain)
        assert restored is not None
        assert same(restored.memory, a_memory(2))
        assert [entry.key for entry in store.entries()] == [again.key]

    def test_a_state_of_no_chunk_or_too_many_is_refused(self, tmp_path: Path) -> None:
        """Nothing is stored then."""
        store, chain = self.open_store(tmp_path), Chain.of(CONDITIONS, CHUNKS[:2])
        for state in (ReadingState(), a_state(3)):
            assert refuses(lambda state=state: store.save(chain, a_memory(1), state, source=a_source()))
        assert store.entries() == []

    def test_a_memory_of_several_readings_is_refused(self, tmp_path: Path) -> None:
        """It belongs to no one chain."""
        store, both = self.open_store(tmp_path), a_memory(1).gather([0, 0])
        chain = Chain.of(CONDITIONS, CHUNKS)
        assert refuses(lambda: store.save(chain, both, a_state(1), source=a_source()))

    def test_threads_that_save_at_once_lose_nothing(self, tmp_path: Path) -> None:
        """One store, used by the threads of one process."""
        store = self.open_store(tmp_path)
        texts = [(f"thread {n} ", "reads ", "this.") for n in range(8)]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda chunks: put(store, 3, chunks=chunks, final=True), texts * 2))
        for chunks in texts:
            restored = store.restore(Chain.of(CONDITIONS, chunks))
            assert restored is not None
            assert same(restored.memory, a_memory(3))
            assert restored.entry.revision == 2

    def test_results_come_back(self, tmp_path: Path) -> None:
        """Under the key of their request alone, `data` as plain JSON."""
        store = self.open_store(tmp_path)
        key = request_key(CONDITIONS, a_source().digest, {"task": "Who?"})
        other = request_key(CONDITIONS, a_source().digest, {"task": "Where?"})
        store.save_result(key, CONDITIONS, a_result())
        assert self.open_store(tmp_path).load_result(key) == a_result()
        assert store.load_result(other) is None

    def test_a_cancelled_result_is_refused(self, tmp_path: Path) -> None:
        """It would be taken for the answer."""
        store = self.open_store(tmp_path)
        assert refuses(lambda: store.save_result("1" * 64, CONDITIONS, a_result("", cancelled=True)))
        assert store.load_result("1" * 64) is None

    def test_entries_tell_what_is_there(self, tmp_path: Path) -> None:
        """Of both kinds, the one used last first."""
        store = self.open_store(tmp_path)
        checkpoint = put(store, 4, final=True)
        store.save_result("1" * 64, CONDITIONS, a_result())
        store.restore(Chain.of(CONDITIONS, CHUNKS))
        first, second = store.entries()
        assert (first.kind, first.key, first.chunks_read, first.final) == ("checkpoint", checkpoint, 4, True)
        assert (second.kind, second.key, second.task) == ("result", "1" * 64, "Who drew the bridge?")
        assert first.used >= second.used
        assert first.nbytes > a_memory(4).nbytes
        assert first.source == second.source == a_source()

    def test_sources_are_found_by_what_they_say(self, tmp_path: Path) -> None:
        """Each source once, the closest first, by text it was said to be about, its clues, or its answers."""
        store = self.open_store(tmp_path)
        put(store, 3)
        put(store, 4, final=True)
        bread = ("Rye bread rises ", "for eight hours.")
        state = ReadingState(chunks_read=2, tokens_read=9)
        store.save(
            Chain.of(CONDITIONS, bread),
            a_memory(2),
            state,
            source=a_source(bread, "bread"),
            about="".join(bread),
        )
        both = store.find_sources("how long does rye bread rise")
        assert [found.source.name for found in both] == ["bread", "bridge.txt"]
        assert both[0].score > both[1].score
        (one,) = store.find_sources("Jasper Aloic", limit=1)
        assert one.source == a_source()
        assert {entry.key for entry in store.entries()} >= set(one.entries) > set()

    def test_forgetting_by_key_and_by_source(self, tmp_path: Path) -> None:
        """What was forgotten is gone for every store at this place; the rest stays."""
        store = self.open_store(tmp_path)
        others = ("quite ", "another ", "text ", "altogether")
        first, second = put(store, 3), put(store, 4, final=True)
        put(store, 2, chunks=others)
        store.save_result("1" * 64, CONDITIONS, a_result())
        assert store.forget(key=first) == 1
        assert self.open_store(tmp_path).prefixes(Chain.of(CONDITIONS, CHUNKS)) == [4]
        assert store.forget(source=a_source().digest) == 2
        assert {entry.source.digest for entry in store.entries()} == {a_source(others).digest}
        assert store.forget(key=second) == 0
        assert refuses(store.forget)
        assert refuses(lambda: store.forget(key=first, source=a_source().digest))

    def test_namespaces_share_nothing(self, tmp_path: Path) -> None:
        """One tenant can neither see, restore nor forget what is another's."""
        mine, theirs = self.open_store(tmp_path, "mine"), self.open_store(tmp_path, "theirs")
        key = put(mine, 4, final=True)
        mine.save_result("1" * 64, CONDITIONS, a_result())
        chain = Chain.of(CONDITIONS, CHUNKS)
        assert theirs.restore(chain) is None
        assert theirs.prefixes(chain) == []
        assert theirs.load_result("1" * 64) is None
        assert theirs.entries() == []
        assert theirs.find_sources("Jasper Aloic") == []
        assert theirs.forget(key=key) + theirs.forget(source=a_source().digest) == 0
        assert mine.restore(chain) is not None

    def test_a_namespace_cannot_lead_elsewhere(self, tmp_path: Path) -> None:
        """Names that a filesystem would take for something else are refused."""
        for name in ("", "..", "a/b", "a\\b", "A", ".hidden", "a" * 64, "a\n", "-a"):
            assert refuses(lambda name=name: self.open_store(tmp_path, name)), name
