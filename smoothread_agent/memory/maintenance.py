"""Care for a store: verify what it holds, prune what it need not, carry it elsewhere."""

import zipfile
from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from smoothread_agent.memory.codec import decode
from smoothread_agent.memory.entries import CheckpointManifest, Problem, ResultManifest
from smoothread_agent.memory.errors import DamagedMemoryError, MemoryStoreError
from smoothread_agent.memory.seal import FORMAT, MAX_MANIFEST, seal, unseal
from smoothread_agent.memory.store import MemoryStore

GRACE_SECONDS = 3600.0
"""Files that no manifest names are left alone so long: a write may be under way."""

_MARKER, _CHECKPOINT, _RESULT = "smoothread-export", ".checkpoint.json", ".result.json"
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


def verify(store: MemoryStore) -> list[Problem]:
    """Read everything in the store's namespace, and set aside what is not as it was written."""
    problems = []
    for folder, key in list(store.checkpoints.all()):
        try:
            decode(store.checkpoints.blob(store.checkpoints.manifest(folder, key)))
        except FileNotFoundError:
            if key in store.checkpoints.keys(folder):
                problems.append(store.holdings.set_aside(folder, key, "its blob is gone"))
        except DamagedMemoryError as error:
            problems.append(store.holdings.set_aside(folder, key, str(error)))
    for key in sorted(store.results.keys()):
        try:
            store.results.read(key)
        except FileNotFoundError:
            continue
        except DamagedMemoryError as error:
            problems.append(store.results.set_aside(key, str(error)))
    return problems


def prune(store: MemoryStore, *, grace_seconds: float = GRACE_SECONDS) -> int:
    """Delete what is expired or past the quota, what crashes left behind, and what was set aside.

    Args:
        store: the store.
        grace_seconds: age from which files that no manifest names count as left behind.

    Returns:
        How many entries and files went.
    """
    gone = store.evict()
    aside = f"{store.checkpoints.home}/aside"
    loose = [*store.checkpoints.orphans(), *(f"{aside}/{name}" for name in store.files.names(aside))]
    for name in loose:
        age = store.files.age(name)
        if age is not None and age >= grace_seconds:
            store.files.delete(name)
            gone += 1
    return gone


def export(store: MemoryStore, to: str | PathLike[str], *, keys: Sequence[str] | None = None) -> int:
    """Write entries to one archive, each checked on the way out.

    Each manifest in it pins its checkpoint to the model, the precision and the wording that it was read with.

    Args:
        store: the store.
        to: path of the archive, an uncompressed zip. It is replaced whole, or not at all.
        keys: of the entries to export; none: all.

    Returns:
        How many entries are in it.

    Raises:
        DamagedMemoryError: an entry is damaged: verify the store first.
        MemoryStoreError: a key is not there, or the archive cannot be written.
    """
    path = Path(to)
    temporary = path.with_name(f".{path.name}.part")
    wanted, done = None if keys is None else set(keys), set()
    try:
        with zipfile.ZipFile(temporary, "w") as archive:
            for folder, key in store.checkpoints.all():
                if wanted is None or key in wanted:
                    manifest = store.checkpoints.manifest(folder, key)
                    _add(archive, manifest.blob, store.checkpoints.blob(manifest))
                    _add(archive, f"{key}{_CHECKPOINT}", seal(manifest, "checkpoint"))
                    done.add(key)
            for key in sorted(store.results.keys()):
                if wanted is None or key in wanted:
                    _add(archive, f"{key}{_RESULT}", seal(store.results.read(key), "result"))
                    done.add(key)
            _add(archive, _MARKER, _marker(len(done)))
        if wanted is not None and wanted - done:
            raise MemoryStoreError(
                f"there is no entry {sorted(wanted - done)[0]} in this namespace to export"
            )
        temporary.replace(path)
    except OSError as error:
        raise MemoryStoreError(f"the archive {path} cannot be written: {error}") from error
    finally:
        temporary.unlink(missing_ok=True)
    return len(done)


def import_(store: MemoryStore, path: str | PathLike[str]) -> int:
    """Take the entries of an archive into the store's namespace, each checked as if it had been found there.

    Nothing is unpacked to where its name says, and nothing but manifests and blobs is looked at. An archive is not
    proof of who made it: import memory from those alone whom you would let write the summaries.

    Returns:
        How many entries were taken.

    Raises:
        DamagedMemoryError: an entry is damaged; those before it were taken.
        MemoryStoreError: this is no archive of a store, or of another format.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            listed = archive.namelist()
            manifests = sorted(name for name in listed if name.endswith((_CHECKPOINT, _RESULT)))
            if _MARKER not in listed or _member(archive, _MARKER, 64) != _marker(len(manifests)):
                raise MemoryStoreError(
                    f"{path} is no export of a store of format {FORMAT}, or not all of one"
                )
            for name in manifests:
                _take(store, archive, name)
            return len(manifests)
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise MemoryStoreError(f"{path} cannot be read as an export of a store: {error}") from error


def _marker(entries: int) -> bytes:
    """What says that an archive is an export, and of how many entries: one that is listed no more is missed."""
    return f"{FORMAT} {entries}".encode()


def _take(store: MemoryStore, archive: zipfile.ZipFile, name: str) -> None:
    """Take what a manifest says."""
    if name.endswith(_CHECKPOINT):
        manifest = unseal(_member(archive, name, MAX_MANIFEST), "checkpoint", CheckpointManifest)
        store.adopt(manifest, _member(archive, manifest.blob, manifest.blob_bytes))
    else:
        result = unseal(_member(archive, name, MAX_MANIFEST), "result", ResultManifest)
        store.save_result(result.key, result.conditions, result.result)


def _member(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """A member's content; its size is known, and stored as it is, before anything is allocated."""
    try:
        info = archive.getinfo(name)
    except KeyError as error:
        raise DamagedMemoryError(f"the archive lacks {name}") from error
    if info.compress_type != zipfile.ZIP_STORED or info.file_size > limit:
        raise DamagedMemoryError(f"{name} in the archive is larger than it can be meant to be")
    try:
        return archive.read(info)
    except (zipfile.BadZipFile, EOFError) as error:
        raise DamagedMemoryError(f"{name} in the archive is damaged: {error}") from error


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _ZIP_EPOCH), data)
