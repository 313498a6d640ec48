"""The index in a real Chroma: embedded, and on a server."""

import gc
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from multiprocessing import get_context
from pathlib import Path

import pytest

chromadb = pytest.importorskip("chromadb")

from smoothread_agent.memory.chain import Chain  # noqa: E402
from smoothread_agent.memory.chroma import ChromaIndex  # noqa: E402
from smoothread_agent.memory.conformance import (  # noqa: E402
    CHUNKS,
    CONDITIONS,
    MemoryStoreConformance,
    a_result,
    a_source,
    put,
)
from smoothread_agent.memory.embedding import HashedEmbeddings  # noqa: E402
from smoothread_agent.memory.errors import (  # noqa: E402
    IndexUnavailableError,
    MemoryStoreError,
    StoreBusyError,
)
from smoothread_agent.memory.index import Record  # noqa: E402
from smoothread_agent.memory.maintenance import verify  # noqa: E402
from smoothread_agent.memory.store import MemoryStore  # noqa: E402

CHAIN = Chain.of(CONDITIONS, CHUNKS)


@pytest.fixture
def index(tmp_path):
    with ChromaIndex(tmp_path / "index") as index:
        yield index


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A Chroma server of our own: its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    chroma = Path(sys.executable).with_name("chroma")
    path = tmp_path_factory.mktemp("server")
    log = (path / "log").open("w")
    command = [str(chroma), "run", "--path", str(path / "data"), "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        else:
            pytest.fail((path / "log").read_text())
        yield port
    finally:
        process.terminate()
        process.wait()
        log.close()


class TestWithServer(MemoryStoreConformance):
    @pytest.fixture(autouse=True)
    def on_the_server(self, server):
        self.port = server

    def open_store(self, place, namespace="default"):
        return MemoryStore(place, namespace=namespace, index=ChromaIndex(host="127.0.0.1", port=self.port))


def record(entry, text, *, revision=1, source="s"):
    info = a_source((text,), name=source)
    return Record(entry, revision, "clue", text, info, 3, 9)


def test_records_are_found_as_they_were_put(index):
    records = [record("a", "The port is 8443."), record("b", "Rye bread rises.")]
    index.put("mine", records)
    hits = index.search("mine", "which port", 5)
    assert [hit.record for hit in hits] == records
    assert hits[0].score > hits[1].score
    assert index.entries("mine") == {"a": 1, "b": 1}
    assert index.search("mine", "which port", 1)[0].record == records[0]


def test_putting_an_entry_again_leaves_nothing_of_it_from_before(index):
    index.put("mine", [record("a", "one"), record("a", "two"), record("b", "three")])
    index.put("mine", [record("a", "four", revision=2)])
    assert {hit.record.text for hit in index.search("mine", "one", 9)} == {"four", "three"}
    assert index.entries("mine") == {"a": 2, "b": 1}


def test_an_entry_of_which_records_are_missing_counts_as_out_of_date(index):
    index.put("mine", [record("a", "one"), record("a", "two")])
    index._collection("mine").delete(ids=["a:1"])
    assert index.entries("mine") == {"a": 0}


def test_namespaces_are_kept_apart(index):
    index.put("mine", [record("a", "one")])
    index.put("mine-too", [record("b", "one")])
    index.remove("mine-too", ["a"])
    index.clear("mine-too")
    assert index.search("mine-too", "one", 5) == []
    assert index.entries("mine") == {"a": 1}


def test_many_records_are_paged_and_batched(index, monkeypatch):
    monkeypatch.setattr("smoothread_agent.memory.chroma._PAGE", 7)
    monkeypatch.setattr(index._client, "get_max_batch_size", lambda: 4)
    index.put("mine", [record(f"{n:064d}", "same words") for n in range(30)])
    assert len(index.entries("mine")) == 30


def test_stores_that_share_a_chroma_are_kept_apart_by_name(tmp_path):
    with ChromaIndex(tmp_path / "index", name="one") as index:
        index.put("mine", [record("a", "one")])
    with ChromaIndex(tmp_path / "index", name="two") as index:
        assert index.entries("mine") == {}
        index.clear("mine")
    with ChromaIndex(tmp_path / "index", name="one") as index:
        assert index.entries("mine") == {"a": 1}
    with pytest.raises(MemoryStoreError, match="name"):
        ChromaIndex(tmp_path / "index", name="a.b")


def test_vectors_of_different_embeddings_never_meet(tmp_path):
    class Three:
        name = "three"

        def embed_documents(self, texts):
            return [[float(len(text)), 1.0, 0.0] for text in texts]

        def embed_query(self, text):
            return self.embed_documents([text])[0]

    with ChromaIndex(tmp_path / "index") as index:
        index.put("mine", [record("a", "one")])
    with ChromaIndex(tmp_path / "index", embeddings=Three()) as index:
        assert index.entries("mine") == {}
        index.put("mine", [record("a", "one"), record("b", "a longer text")])
        assert index.search("mine", "two", 1)[0].record.text == "one"
        index.clear("mine")
    with ChromaIndex(tmp_path / "index") as index:
        assert index.entries("mine") == {}


def test_chroma_never_makes_a_vector_itself(index):
    with pytest.raises(MemoryStoreError, match="asked to embed"):
        index._collection("mine").add(ids=["1"], documents=["text"])


def test_opening_twice_is_refused_with_the_way_out(tmp_path, index):
    with pytest.raises(StoreBusyError, match="chroma run --path"):
        ChromaIndex(tmp_path / "index")
    code = f"from smoothread_agent.memory.chroma import *; ChromaIndex({str(tmp_path / 'index')!r})"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "StoreBusyError" in other.stderr
    assert "chroma run --path" in other.stderr
    index.close()
    ChromaIndex(tmp_path / "index").close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_use_after_a_fork_is_refused_and_leaves_the_parent_its_lock(tmp_path, index):
    store = MemoryStore(tmp_path / "store", index=index)
    put(store, 3)
    child = os.fork()
    if child == 0:
        code = 9
        try:
            for call in (lambda: index.search("x", "y", 1), lambda: put(store, 4), store.catalogue.rebuild):
                with pytest.raises(StoreBusyError, match="fork"):
                    call()
            index.close()
            del store
            gc.collect()
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert MemoryStore(tmp_path / "store").prefixes(CHAIN) == [3]
    with pytest.raises(StoreBusyError):
        ChromaIndex(tmp_path / "index")
    assert index.search("default", "bridge", 1)


def test_a_server_that_is_not_there_is_said(tmp_path):
    with pytest.raises(IndexUnavailableError, match=re.escape("127.0.0.1:1")):
        ChromaIndex(host="127.0.0.1", port=1)
    with pytest.raises(MemoryStoreError, match="say where"):
        ChromaIndex()


def test_deleting_the_folder_and_rebuilding_gives_back_every_entry(tmp_path):
    with ChromaIndex(tmp_path / "index") as index:
        store = MemoryStore(tmp_path / "store", index=index)
        put(store, 3)
        put(store, 4, final=True)
        store.save_result("1" * 64, CONDITIONS, a_result())
        held, found = dict(index.entries("default")), store.find_sources("Jasper")
        assert len(held) == 3
    shutil.rmtree(tmp_path / "index")
    with ChromaIndex(tmp_path / "index") as index:
        store = MemoryStore(tmp_path / "store", index=index)
        assert store.catalogue.rebuild() == 3
        assert index.entries("default") == held
        again = store.find_sources("Jasper")
        assert [(each.source, each.text) for each in again] == [(each.source, each.text) for each in found]


def test_an_index_that_fell_behind_is_brought_in_step_when_it_is_asked(tmp_path, index):
    """A crash between the files and the index, or a store used without its index for a while."""
    without = MemoryStore(tmp_path / "store")
    gone = put(without, 3)
    MemoryStore(tmp_path / "store", index=index).catalogue.reconcile()
    without.forget(key=gone)
    kept = put(without, 4, final=True)
    store = MemoryStore(tmp_path / "store", index=index)
    assert store.find_sources("bridge")[0].entries == (kept,)
    assert index.entries("default") == {kept: 1}


def test_an_index_that_fails_stops_no_save_and_is_rebuilt(tmp_path, index, monkeypatch):
    store = MemoryStore(tmp_path / "store", index=index)
    put(store, 3)
    assert store.find_sources("bridge")
    monkeypatch.setattr(ChromaIndex, "_collection", lambda *_: 1 / 0)
    put(store, 4, final=True)
    assert store.prefixes(CHAIN) == [3, 4]
    monkeypatch.undo()
    (found,) = store.find_sources("Jasper Aloic")
    assert set(found.entries) == {CHAIN.keys[3], CHAIN.keys[4]}


def test_embeddings_that_fail_stop_no_save(tmp_path):
    class Flaky(HashedEmbeddings):
        works = False

        def embed_query(self, text):
            if not self.works:
                raise ConnectionError("no route")
            return super().embed_query(text)

    embeddings = Flaky()
    with ChromaIndex(tmp_path / "index", embeddings=embeddings) as index:
        store = MemoryStore(tmp_path / "store", index=index)
        key = put(store, 3)
        with pytest.raises(IndexUnavailableError, match="no route"):
            store.find_sources("bridge")
        embeddings.works = True
        assert store.find_sources("bridge")[0].entries == (key,)


def test_many_records_of_one_source_do_not_hide_another(tmp_path, index):
    store = MemoryStore(tmp_path / "store", index=index)
    index.put("default", [record(f"{n:064d}", "the same bridge", source="much") for n in range(60)])
    index.put("default", [record("f" * 64, "another bridge", source="little")])
    store.catalogue._in_step = True
    assert {found.source.name for found in store.find_sources("the same bridge", 2)} == {"much", "little"}


def write_with_server(root, port, worker):
    store = MemoryStore(root, index=ChromaIndex(host="127.0.0.1", port=port))
    for read in range(6):
        put(store, 4, final=True)
        put(store, 2, chunks=(f"worker {worker} ", f"round {read} "), final=True)


def test_four_processes_on_one_server_lose_nothing(tmp_path, server):
    context = get_context("forkserver")
    context.set_forkserver_preload(["smoothread_agent.memory.samples", "smoothread_agent.memory.store"])
    workers = [context.Process(target=write_with_server, args=(str(tmp_path), server, n)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    index = ChromaIndex(host="127.0.0.1", port=server)
    store = MemoryStore(tmp_path, index=index)
    stored = {entry.key: entry.revision for entry in store.entries()}
    assert len(stored) == 4 * 6 + 1
    assert stored[CHAIN.keys[4]] == 4 * 6
    assert verify(store) == []
    store.catalogue.reconcile()
    assert index.entries("default") == stored
