"""Faults for real: killed processes, damaged and swapped files, full disks, folders that cannot be written."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from multiprocessing import get_context
from pathlib import Path
from random import Random

import pytest

from smoothread_agent.memory.chain import Chain
from smoothread_agent.memory.errors import MemoryStoreError, StoreFullError
from smoothread_agent.memory.maintenance import prune, verify
from smoothread_agent.memory.samples import CHUNKS, CONDITIONS, a_memory, a_result, put, same
from smoothread_agent.memory.store import MemoryStore
from tests.memory import reading

CHAIN = Chain.of(CONDITIONS, CHUNKS)
TRIALS = int(os.environ.get("SMOOTHREAD_KILLS", "12"))
posix = pytest.mark.skipif(os.name != "posix", reason="signals, forks and limits of POSIX")


def folder_of(root: Path, namespace: str = "default") -> Path:
    (folder,) = (root / "namespaces" / namespace / "checkpoints").iterdir()
    return folder


def files_of(root: Path, key: str, suffix: str) -> Path:
    (path,) = folder_of(root).glob(f"{key}*{suffix}")
    return path


def kill_while_reading(root: Path, count: int, random: Random) -> list[int]:
    """Run a reading in a process forked for it, kill it at a random point, and return what it acknowledged."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(into, 1)
        sys.stdout = os.fdopen(1, "w")
        try:
            reading.main(root, count, 0.0005)
        finally:
            os._exit(0)
    os.close(into)
    with os.fdopen(out) as said:
        lines = [said.readline()]
        for _ in range(random.randrange(6)):
            lines.append(said.readline())
        time.sleep(random.random() * 0.004)
        os.kill(child, signal.SIGKILL)
        lines += said.readlines()
    os.waitpid(child, 0)
    return [int(line.split()[1]) for line in lines if line.startswith("saved") and line.endswith("\n")]


@posix
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_kill_at_random_points_loses_nothing_acknowledged_and_uses_nothing_corrupt(tmp_path):
    """The resumed reading's memory equals the uninterrupted one's; SMOOTHREAD_KILLS sets how often, 200 in `docs`."""
    count = 24
    truth, chain = reading.uninterrupted(count), Chain.of(reading.CONDITIONS, reading.texts(count))
    random = Random(0)
    killed = 0
    while killed < TRIALS:
        root = tmp_path / str(killed)
        acknowledged = 0
        for _ in range(20):
            killed += 1
            saved = kill_while_reading(root, count, random)
            acknowledged = max([acknowledged, *saved])
            store = MemoryStore(root)
            restored = store.restore(chain)
            assert (restored.state.chunks_read if restored else 0) >= acknowledged
            assert restored is None or restored.problems == ()
            assert verify(store) == []
            if acknowledged == count:
                break
        reading.main(root, count)
        assert same(MemoryStore(root).restore(chain).memory, truth)
        prune(MemoryStore(root), grace_seconds=0)
        blobs = list(folder_of(root).glob("*.safetensors"))
        assert len(blobs) == len(list(folder_of(root).glob("*.json")))
        assert not list(folder_of(root).glob(".tmp-*"))
        shutil.rmtree(root)


def damage(path: Path, how: str) -> None:
    data = bytearray(path.read_bytes())
    if how == "cut":
        data = data[: len(data) // 2]
    elif how == "emptied":
        data = bytearray()
    elif how == "grown":
        data += b"\0" * 64
    else:
        data[len(data) * 2 // 3] ^= 4
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("suffix", [".safetensors", ".json"])
@pytest.mark.parametrize("how", ["cut", "emptied", "flipped", "grown"])
def test_a_damaged_file_is_named_set_aside_and_the_prefix_before_it_used(tmp_path, suffix, how):
    store = MemoryStore(tmp_path)
    put(store, 3)
    key = put(store, 4, final=True)
    damage(files_of(tmp_path, key, suffix), how)
    restored = store.restore(CHAIN)
    assert restored.state.chunks_read == 3
    assert same(restored.memory, a_memory(3))
    (problem,) = restored.problems
    assert (problem.key, problem.kind, problem.aside) == (key, "checkpoint", True)
    aside = tmp_path / "namespaces/default/aside"
    assert json.loads(next(aside.glob("*.why")).read_text())["reason"] == problem.reason
    assert len(list(aside.glob(f"*{key}*.json"))) == len(list(aside.glob(f"*{key}*.safetensors"))) == 1
    assert store.prefixes(CHAIN) == [3]
    put(store, 4, final=True)
    assert same(store.restore(CHAIN).memory, a_memory(4))


def test_a_single_bit_flip_of_a_manifest_or_blob_is_noticed(tmp_path):
    """Or means nothing: white space between the parts of a JSON document."""
    store = MemoryStore(tmp_path)
    key = put(store, 4, final=True)
    random, noticed = Random(1), 0
    for trial in range(60):
        path = files_of(tmp_path, key, (".json", ".safetensors")[trial % 2])
        data = path.read_bytes()
        at = random.randrange(len(data))
        path.write_bytes(data[:at] + bytes([data[at] ^ (1 << random.randrange(8))]) + data[at + 1 :])
        restored = store.restore(CHAIN)
        if restored is None:
            noticed += 1
            put(store, 4, final=True)
        else:
            assert same(restored.memory, a_memory(4))
            path.write_bytes(data)
    assert noticed > 40


def test_swapped_blobs_and_swapped_manifests_are_noticed(tmp_path):
    store = MemoryStore(tmp_path)
    three, four = put(store, 3), put(store, 4, final=True)
    for suffix in (".safetensors", ".json"):
        one, other = files_of(tmp_path, three, suffix), files_of(tmp_path, four, suffix)
        saved = one.read_bytes(), other.read_bytes()
        one.write_bytes(saved[1])
        other.write_bytes(saved[0])
        assert store.restore(CHAIN) is None
        put(store, 3)
        put(store, 4, final=True)


def test_files_of_other_conditions_put_in_place_are_noticed(tmp_path):
    """Another model's files, moved to where this model's would lie."""
    store = MemoryStore(tmp_path)
    other = Chain.of(CONDITIONS.model_copy(update={"model": "n" * 64}), CHUNKS)
    key = put(store, 4, final=True)
    here = folder_of(tmp_path)
    shutil.copytree(here, tmp_path / "kept")
    store.forget(key=key)
    there = here.with_name(other.conditions.fingerprint[:32])
    shutil.copytree(tmp_path / "kept", there)
    for path in there.iterdir():
        path.rename(path.with_name(path.name.replace(key, other.keys[4])))
    assert store.prefixes(other) == [4]
    assert store.restore(other) is None
    assert "swapped" in next((tmp_path / "namespaces/default/aside").glob("*.why")).read_text()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d.update(format=2), "format 2"),
        (lambda d: d.update(kind="result"), "of a result"),
        (lambda d: d["body"].update(blob_bytes=2**60), "digest"),
        (lambda d: d["body"]["conditions"].update(model="n"), "digest"),
        (lambda d: d.pop("sha256"), "damaged"),
    ],
)
def test_an_edited_manifest_is_refused(tmp_path, change, reason):
    store = MemoryStore(tmp_path)
    path = files_of(tmp_path, put(store, 4, final=True), ".json")
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))
    assert [reason in problem.reason for problem in verify(store)] == [True]
    assert store.restore(CHAIN) is None


def test_another_namespaces_files_are_refused(tmp_path):
    put(MemoryStore(tmp_path, namespace="theirs"), 4, final=True)
    shutil.copytree(tmp_path / "namespaces/theirs", tmp_path / "namespaces/mine")
    mine = MemoryStore(tmp_path, namespace="mine")
    assert mine.restore(CHAIN) is None
    assert mine.entries() == []


def test_a_lost_blob_is_noticed(tmp_path):
    store = MemoryStore(tmp_path)
    files_of(tmp_path, put(store, 4, final=True), ".safetensors").unlink()
    assert store.restore(CHAIN) is None
    assert store.entries() == []


def test_a_damaged_result_is_set_aside(tmp_path):
    store = MemoryStore(tmp_path)
    store.save_result("1" * 64, CONDITIONS, a_result())
    damage(tmp_path / f"namespaces/default/results/{'1' * 64}.json", "flipped")
    assert store.load_result("1" * 64) is None
    assert list((tmp_path / "namespaces/default/aside").glob("*.why"))
    store.save_result("1" * 64, CONDITIONS, a_result())
    assert store.load_result("1" * 64) == a_result()


@posix
def test_a_full_disk_is_said_and_leaves_what_was_there(tmp_path):
    store = MemoryStore(tmp_path)
    put(store, 3)
    before = sorted(path.name for path in folder_of(tmp_path).iterdir())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    try:
        with pytest.raises(StoreFullError, match="no room"):
            put(store, 4, final=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert sorted(path.name for path in folder_of(tmp_path).iterdir()) == before
    assert store.restore(CHAIN).state.chunks_read == 3


_MOUNTED = """
import sys; from pathlib import Path
from smoothread_agent.memory.chain import Chain
from smoothread_agent.memory.samples import *
from smoothread_agent.memory.store import MemoryStore
store = MemoryStore(sys.argv[1])
"""


def as_mounted(root: Path, options: str, code: str) -> subprocess.CompletedProcess[str]:
    """Run code with `root` mounted so, in a mount namespace of its own that ends with it."""
    mount = f"mount {options} {root} && exec {sys.executable} -c '{_MOUNTED}{code}' {root}"
    return subprocess.run(["unshare", "--mount", "sh", "-c", mount], capture_output=True, text=True)


def may_mount() -> bool:
    tool = shutil.which("unshare")
    return tool is not None and subprocess.run([tool, "--mount", "true"], capture_output=True).returncode == 0


mounts = pytest.mark.skipif(not may_mount(), reason="needs the right to mount")


@mounts
def test_a_disk_that_fills_up_is_said_and_what_was_saved_goes_on(tmp_path):
    code = """
from smoothread_agent.memory.errors import StoreFullError
chain = Chain.of(CONDITIONS, CHUNKS)
put(store, 3)
(Path(sys.argv[1]) / "filler").write_bytes(b"x" * 980_000)
try: store.save(chain, a_memory(4, slots=4000), a_state(4), source=a_source())
except StoreFullError as error: print("FULL", error)
assert same(store.restore(chain).memory, a_memory(3))
assert not list(Path(sys.argv[1]).rglob(".tmp-*"))
print("HELD")
"""
    done = as_mounted(tmp_path, "-t tmpfs -o size=1m none", code)
    assert "FULL there is no room" in done.stdout, done.stderr
    assert "HELD" in done.stdout, done.stderr


@mounts
def test_a_read_only_folder_is_read_from_and_says_that_it_cannot_be_written(tmp_path):
    store = MemoryStore(tmp_path)
    put(store, 3)
    key = put(store, 4, final=True)
    damage(files_of(tmp_path, key, ".safetensors"), "flipped")
    code = """
from smoothread_agent.memory.errors import MemoryStoreError
restored = store.restore(Chain.of(CONDITIONS, CHUNKS))
assert same(restored.memory, a_memory(3)), "memory"
assert [problem.aside for problem in restored.problems] == [False], restored.problems
for call in (lambda: put(store, 4), lambda: store.forget(key=restored.entry.key)):
    try: call()
    except MemoryStoreError as error: print("SAID", error)
"""
    readonly = as_mounted(tmp_path, f"-o bind,ro {tmp_path}", code)
    assert readonly.stdout.count("SAID") == 2, readonly.stderr
    assert "give a folder that may be written" in readonly.stdout


def write_some(root: str, worker: int, count: int) -> None:
    store = MemoryStore(root)
    for read in range(1, count + 1):
        put(store, 4, final=True)
        put(store, 2, chunks=(f"worker {worker} ", f"round {read} "), final=True)


@posix
def test_processes_that_write_at_once_lose_nothing(tmp_path):
    context = get_context("forkserver")
    context.set_forkserver_preload(["smoothread_agent.memory.samples", "smoothread_agent.memory.store"])
    workers = [context.Process(target=write_some, args=(str(tmp_path), n, 8)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    store = MemoryStore(tmp_path)
    entries = {entry.key: entry for entry in store.entries()}
    assert len(entries) == 4 * 8 + 1
    assert entries[CHAIN.keys[4]].revision == 4 * 8
    assert verify(store) == []
    assert same(store.restore(CHAIN).memory, a_memory(4))
    assert prune(store, grace_seconds=0) == 0


def test_a_root_that_is_a_file_is_said(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(MemoryStoreError):
        put(MemoryStore(tmp_path / "file"), 3)
