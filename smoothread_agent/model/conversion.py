"""A GGUF file is converted once, whatever happens meanwhile, into a folder that opens in a second.

The folder appears by one rename, after all in it was written and synced: it is there whole or not at all. A
lock file keeps two processes from doing the same work; the system drops it when its holder dies, and what a
dead holder left half-written is cleared by the next. A manifest names every file with its digest: a folder
that does not match it is set aside and made again.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import filelock
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError

from smoothread_agent.errors import ModelError
from smoothread_agent.model.cache import cache_folder, file_digests, sync_folder, write_durably
from smoothread_agent.model.gguf import DequantisedModel, dequantise
from smoothread_agent.model.quiet import quiet_transformers

FORMAT = 1
"""Raised when a conversion would come out otherwise than before: older ones are then made again."""

MANIFEST = "manifest.json"
_LONGEST_WAIT = 1800.0
"""Seconds to wait for another process's conversion before giving up on it."""

Progress = Callable[[str], None]


class ConvertedFile(BaseModel):
    """Size and digest of one file as it was written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int
    sha256: str


class Manifest(BaseModel):
    """What a conversion was made from, with what, and what it consists of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int
    name: str
    source_sha256: str
    source_size: int
    made_with: dict[str, str]
    fp16_error: float
    files: dict[str, ConvertedFile]


def converted(gguf: Path, progress: Progress) -> Path:
    """The folder in hub layout that holds `gguf` converted. Converts it if there is no sound one.

    Raises:
        ModelError: the file cannot be converted, or the cache cannot be written.
    """
    source = _digest(gguf)
    folder = conversions_folder() / f"{source[:24]}-v{FORMAT}"
    if folder.is_dir() and damage(folder) is None:
        return folder
    with _alone(folder, progress):
        if folder.is_dir():
            fault = damage(folder)
            if fault is None:
                return folder  # another process made it while this one waited
            progress(f"the converted model is damaged ({fault}): set aside, converting again")
            _set_aside(folder)
        progress(f"converting {gguf.name}, once; this takes half a minute for 100M parameters")
        _make(folder, gguf, source)
        progress(f"converted {gguf.name}")
    return folder


def conversions_folder() -> Path:
    """Where conversions lie, one folder each. May not exist yet."""
    return cache_folder() / "models"


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a conversion, or None where there is none that can be read."""
    try:
        return Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except (OSError, ValidationError):
        return None


def damage(folder: Path) -> str | None:
    """What is wrong with a conversion, in words; None if all is as it was written.

    Files are hashed only if they changed since they were last: a sound conversion costs a few stats.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        return f"{MANIFEST} is missing or unreadable"
    try:
        for name, written in manifest.files.items():
            if (size := (folder / name).stat().st_size) != written.size:
                return f"{name} has {size:,} of {written.size:,} bytes"
        digests = file_digests(folder / name for name in manifest.files)
    except OSError as error:
        return str(error)
    changed = [name for name, file in manifest.files.items() if digests[folder / name] != file.sha256]
    return f"{', '.join(changed)} changed" if changed else None


def _digest(gguf: Path) -> str:
    try:
        return file_digests([gguf])[gguf]
    except OSError as error:
        raise ModelError(f"{gguf} cannot be read: {error}") from error


@contextmanager
def _alone(folder: Path, progress: Progress) -> Iterator[None]:
    """Hold the lock on a conversion; say so when another process has it."""
    lock = filelock.FileLock(folder.with_name(f"{folder.name}.lock"))
    with _writing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            progress("another process is converting this model: waiting for it")
            try:
                lock.acquire(timeout=_LONGEST_WAIT)
            except filelock.Timeout as error:
                raise ModelError(
                    f"another process has held {lock.lock_file} for {_LONGEST_WAIT / 60:.0f} minutes: "
                    "end it, or set SMOOTHREAD_CACHE to another folder"
                ) from error
    try:
        yield
    finally:
        lock.release()


def _set_aside(folder: Path) -> None:
    """Keep one damaged conversion for whoever wants to look at it; an older one goes."""
    aside = folder.with_name(f"{folder.name}.damaged")
    with _writing(folder):
        if aside.exists():
            shutil.rmtree(aside)
        folder.rename(aside)


def _make(folder: Path, gguf: Path, source: str) -> None:
    """Convert into a folder beside the final one, and rename it when it is complete. The lock is held."""
    with _writing(folder):
        for left_behind in folder.parent.glob(f"{folder.name}.part-*"):
            shutil.rmtree(left_behind)
    part = folder.with_name(f"{folder.name}.part-{os.getpid()}")
    content = dequantise(gguf)
    with _writing(folder):
        try:
            part.mkdir()
            _save(content, part)
            manifest = _manifest(content, part, gguf, source)
            write_durably(part / MANIFEST, manifest.model_dump_json(indent=1).encode())
            part.rename(folder)
            sync_folder(folder.parent)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise


def _save(content: DequantisedModel, part: Path) -> None:
    """Write all that is opened later through to the disk, readable for all users of the cache."""
    with quiet_transformers():
        content.model.save_pretrained(part)
        content.tokenizer.save_pretrained(part)
    for path in part.iterdir():
        path.chmod(0o644)
        with path.open("rb+") as file:
            os.fsync(file.fileno())


def _manifest(content: DequantisedModel, part: Path, gguf: Path, source: str) -> Manifest:
    files = sorted(part.iterdir())
    digests = file_digests(files)
    return Manifest(
        format=FORMAT,
        name=gguf.stem,
        source_sha256=source,
        source_size=gguf.stat().st_size,
        made_with={package: version(package) for package in ("transformers", "tokenizers", "gguf", "torch")},
        fp16_error=content.largest_error,
        files={path.name: ConvertedFile(size=path.stat().st_size, sha256=digests[path]) for path in files},
    )


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Turn any failure to write the cache into an error that says what to do about it."""
    try:
        yield
    except (OSError, SafetensorError, NotImplementedError) as error:
        raise ModelError(
            f"the converted model cannot be written to {folder.parent}: {error}. Make room there (about "
            "three times the GGUF file), or set SMOOTHREAD_CACHE to a folder that can be written"
        ) from error
