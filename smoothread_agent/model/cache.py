"""The cache folder, and digests of files that are not computed twice."""

import hashlib
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import platformdirs
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

_SETTLED_NS = 2_000_000_000
"""A file changed less than this before it was hashed may change again within the same clock tick, unseen."""


def cache_folder() -> Path:
    """Where conversions and digests are kept: $SMOOTHREAD_CACHE, or the user's cache. May not exist yet."""
    given = os.environ.get("SMOOTHREAD_CACHE")
    return Path(given).expanduser() if given else platformdirs.user_cache_path("smoothread", appauthor=False)


class KnownDigest(BaseModel):
    """The sha256 of a file as it was when all of these were true of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    sha256: str

    def still_holds(self, stat: os.stat_result) -> bool:
        """Whether a file that looks like `stat` is the one that was hashed. Content is not read."""
        return (self.size, self.mtime_ns, self.ctime_ns, self.inode) == _identity(stat)


_RECORD = TypeAdapter(dict[str, KnownDigest])


def file_digests(paths: Iterable[Path]) -> dict[Path, str]:
    """Each file's sha256, in hex.

    A file is hashed once: the digest is kept in the cache folder next to the file's size, times and inode,
    as git does in its index. If one of them changed, it is hashed again. A cache that cannot be written
    costs only time.

    Raises:
        OSError: a file cannot be read.
    """
    record_file = cache_folder() / "digests.json"
    known = _read_record(record_file)
    digests, news = {}, {}
    for path in paths:
        key, stat = str(path.resolve()), path.stat()
        entry = known.get(key)
        if entry is not None and entry.still_holds(stat):
            digests[path] = entry.sha256
            continue
        settled = time.time_ns() - max(stat.st_mtime_ns, stat.st_ctime_ns) > _SETTLED_NS
        digests[path] = _sha256(path)
        if settled and _identity(path.stat()) == _identity(stat):
            size, mtime_ns, ctime_ns, inode = _identity(stat)
            news[key] = KnownDigest(
                size=size, mtime_ns=mtime_ns, ctime_ns=ctime_ns, inode=inode, sha256=digests[path]
            )
    if news:
        with suppress(OSError):
            _write_record(record_file, known | news)
    return digests


def write_durably(path: Path, content: bytes) -> None:
    """Replace a file as a whole: other processes see the old content or the new, also after a crash.

    Raises:
        OSError: the folder cannot be made or written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in `folder` survive a power cut, on systems where a folder can be synced."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _identity(stat: os.stat_result) -> tuple[int, int, int, int]:
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino


def _read_record(record_file: Path) -> dict[str, KnownDigest]:
    try:
        return _RECORD.validate_json(record_file.read_bytes())
    except (OSError, ValidationError):
        return {}  # none yet, or damaged: the digests are computed again


def _write_record(record_file: Path, record: dict[str, KnownDigest]) -> None:
    alive = {key: entry for key, entry in record.items() if Path(key).exists()}
    write_durably(record_file, _RECORD.dump_json(alive))
