"""Files: whole files under one root, local or on fsspec, each written in one piece or not at all.

Locally a file is written under a temporary name, flushed to the disk, and renamed; then its folder is flushed. On other
filesystems a file is put whole, which object stores do atomically. Nothing is ever appended or changed in place.
"""

import errno
import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import PathLike, fspath
from pathlib import Path
from typing import Any
from uuid import uuid4

import fsspec
from filelock import FileLock, Timeout
from fsspec.implementations.local import LocalFileSystem

from smoothread_agent.memory.errors import DamagedMemoryError, MemoryStoreError, StoreFullError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_TEMPORARY = ".tmp-"
_LOCK_SECONDS = 30.0


class Files:
    """Files under one root. Names are relative to it, with `/` between folders.

    Args:
        root: a folder, or an fsspec URL (`memory://...`, `s3://...`).
        options: what fsspec needs to open that URL (credentials, endpoints).

    Raises:
        MemoryStoreError: the URL cannot be opened (on use: a file cannot be read or written).
        StoreFullError: on use, there is no room to write.
    """

    def __init__(self, root: str | PathLike[str], **options: Any) -> None:
        self.root = fspath(root)
        try:
            self.fs, path = fsspec.core.url_to_fs(self.root, **options)
        except (ValueError, ImportError, OSError) as error:
            raise MemoryStoreError(f"the store {self.root} cannot be opened: {error}") from error
        self._base = path.rstrip("/")
        self.local = isinstance(self.fs, LocalFileSystem)
        self._threads: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def path(self, name: str) -> str:
        """Where the file `name` lies on the filesystem."""
        return f"{self._base}/{name}" if name else self._base

    def write(self, name: str, data: bytes, *, lasting: bool = True) -> None:
        """Make `data` the content of `name`. When this returns it is on the disk; until then nothing changed.

        With `lasting=False` nobody waits for the disk: after a loss of power the file may be as before, or empty.
        """
        with self._writing(name):
            if self.local:
                _replace(Path(self.path(name)), data, lasting)
            else:
                self.fs.makedirs(self.path(name).rpartition("/")[0], exist_ok=True)
                self.fs.pipe_file(self.path(name), data)

    def read(self, name: str, *, limit: int) -> bytes:
        """The content of `name`, whose size is looked at before anything is allocated.

        Raises:
            FileNotFoundError: there is no such file.
            DamagedMemoryError: it has more than `limit` bytes.
        """
        try:
            size = int(self.fs.size(self.path(name)) or 0)
            if size > limit:
                raise DamagedMemoryError(
                    f"{name} has {size} bytes, where at most {limit} can be meant: it is damaged"
                )
            return bytes(self.fs.cat_file(self.path(name)))
        except FileNotFoundError:
            raise
        except OSError as error:
            raise MemoryStoreError(f"{name} in the store {self.root} cannot be read: {error}") from error

    def size(self, name: str) -> int | None:
        """Bytes of `name`; none where there is no such file."""
        try:
            return int(self.fs.size(self.path(name)) or 0)
        except FileNotFoundError:
            return None

    def names(self, folder: str) -> dict[str, int]:
        """Files in `folder`, without its subfolders: name within it to bytes. Temporary and lock files are left out."""
        return {name: size for name, size in self._list(folder, "file").items() if not name.startswith(".")}

    def folders(self, folder: str) -> list[str]:
        """Subfolders of `folder`, in order."""
        return sorted(self._list(folder, "directory"))

    def delete(self, name: str) -> None:
        """Delete `name`, if it is there."""
        with self._writing(name), suppress(FileNotFoundError):
            self.fs.rm_file(self.path(name))

    def move(self, name: str, to: str) -> None:
        """Give `name` another name. A file that is not there any more is left at that."""
        with self._writing(to), suppress(FileNotFoundError):
            self.fs.makedirs(self.path(to).rpartition("/")[0], exist_ok=True)
            self.fs.mv(self.path(name), self.path(to))

    def age(self, name: str) -> float | None:
        """Seconds since `name` was written; none where the filesystem does not tell, or the file is gone."""
        try:
            return time.time() - float(self.fs.modified(self.path(name)).timestamp())
        except (NotImplementedError, FileNotFoundError, AttributeError):
            return None

    def leftovers(self, folder: str) -> list[str]:
        """Temporary files in `folder`: writes that are under way, or were cut off by a crash."""
        return [name for name in self._list(folder, "file") if name.startswith(_TEMPORARY)]

    @contextmanager
    def lock(self, name: str) -> Iterator[None]:
        """Hold the lock `name`: against threads everywhere, against other processes on local files.

        Elsewhere two processes may commit the same key at once: each write is whole, and the last one stands.

        Raises:
            MemoryStoreError: it cannot be had in half a minute.
        """
        with self._threads[name]:
            if not self.local:
                yield
                return
            path = Path(self.path(name))
            with self._writing(name):
                path.parent.mkdir(parents=True, exist_ok=True)
                lock = FileLock(path)
                try:
                    lock.acquire(timeout=_LOCK_SECONDS)
                except Timeout as error:
                    raise MemoryStoreError(
                        f"another process has held {path} for {_LOCK_SECONDS:g} s: see what it is doing"
                    ) from error
            try:
                yield
            finally:
                lock.release()

    def _list(self, folder: str, kind: str) -> dict[str, int]:
        with suppress(NotImplementedError):
            self.fs.invalidate_cache(self.path(folder))
        try:
            found = self.fs.ls(self.path(folder), detail=True)
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as error:
            raise MemoryStoreError(f"{folder} in the store {self.root} cannot be listed: {error}") from error
        return {
            each["name"].rstrip("/").rpartition("/")[2]: int(each["size"] or 0)
            for each in found
            if each["type"] == kind
        }

    @contextmanager
    def _writing(self, name: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except OSError as error:
            if error.errno in _FULL:
                raise StoreFullError(
                    f"there is no room for {name} in the store {self.root} ({error.strerror}): free some, set a quota, "
                    "or prune the store"
                ) from error
            raise MemoryStoreError(
                f"{name} cannot be written to the store {self.root} ({error}): give a folder that may be written"
            ) from error


def _replace(path: Path, data: bytes, lasting: bool) -> None:
    """Write locally: temporary name, flush, rename, flush the folder; the flushes only where it is to last."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f"{_TEMPORARY}{uuid4().hex}"
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            if lasting:
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    if lasting and os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
