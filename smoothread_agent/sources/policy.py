"""Access policy: which files may be opened, and that what was opened is what was checked.

A path is resolved first, links and all, and must lie in an allowed folder. The resolved path holds no links,
so it is then opened component by component, each relative to the folder above, and any link met on the way
(put there between the check and the opening) is refused. The opened file itself, not its name, must be a
regular file or a folder: a FIFO would block a reader for good, and a device is no document.

What this cannot see: a hard link made inside an allowed folder to a file outside it. Don't allow folders in
which people whom you don't trust can link to files of the same file system.
"""

import errno
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from smoothread_agent.errors import SourceError
from smoothread_agent.sources.refusals import TooLargeError

StrPath = str | os.PathLike[str]

_PSEUDO = tuple(Path(folder) for folder in ("/proc", "/sys", "/dev"))
# A FIFO swapped in after the check must not block, and a terminal must not become ours.
_OPEN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
_STEP = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_WALKS = os.open in os.supports_dir_fd and os.stat in os.supports_dir_fd and _NO_LINK != 0


@dataclass(frozen=True)
class Entry:
    """One name in a folder."""

    name: str
    is_folder: bool
    is_link: bool


class Opened:
    """An open regular file or folder. A context manager: leaving it closes the descriptor."""

    def __init__(self, path: Path, descriptor: int | None) -> None:
        self.path = path
        self._descriptor = descriptor
        self.status = path.stat() if descriptor is None else os.fstat(descriptor)

    @property
    def is_folder(self) -> bool:
        """True for a folder, false for a regular file."""
        return stat.S_ISDIR(self.status.st_mode)

    @property
    def identity(self) -> tuple[int, int]:
        """The same for two names of one file."""
        return self.status.st_dev, self.status.st_ino

    def head(self, size: int = 8192) -> bytes:
        """The first bytes, at most `size` of them."""
        return self._take(size)

    def read(self, limit: int) -> bytes:
        """All bytes.

        Raises:
            TooLargeError: there are more than `limit`.
        """
        if self.status.st_size > limit:
            raise TooLargeError(self.path.name, limit)
        data = self._take(
            limit + 1
        )  # the size is only what it was: a file can grow, and those of /proc say 0
        if len(data) > limit:
            raise TooLargeError(self.path.name, limit)
        return data

    def entries(self) -> list[Entry]:
        """The folder's entries, in no order."""
        # By descriptor where there is one: a name could by now mean another folder.
        with os.scandir(self.path if self._descriptor is None else self._descriptor) as found:
            return [Entry(item.name, item.is_dir(follow_symlinks=False), item.is_symlink()) for item in found]

    def _take(self, size: int) -> bytes:
        if self._descriptor is None or self.is_folder:
            raise SourceError(f"{self.path.name} is a folder: name a file in it")
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        parts = []
        while size > 0 and (part := os.read(self._descriptor, min(size, 1 << 20))):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def __enter__(self) -> "Opened":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)


class AccessPolicy:
    """Says which files may be read.

    Args:
        roots: folders in which files may be read, at any depth. None allows every regular file that the
            process can read; an empty iterable allows none.

    Raises:
        SourceError: a root is no folder.
    """

    def __init__(self, roots: Iterable[StrPath] | None = None) -> None:
        if isinstance(roots, str | os.PathLike):
            roots = (roots,)
        self.roots = None if roots is None else tuple(_resolved_root(root) for root in roots)
        self._base: Path | None = None

    def within(self, folder: Opened) -> "AccessPolicy":
        """A policy that allows only what lies in `folder`, which this policy has opened."""
        narrow = AccessPolicy(())
        narrow.roots = (folder.path,)
        # Still opened from the trusted root down: the folder itself may have become a link since.
        narrow._base = self._locate(folder.path)[0]
        return narrow

    def open(self, path: StrPath) -> Opened:
        """Open a regular file or a folder that lies in an allowed folder.

        A relative path is looked up in the working folder and then in each root.

        Raises:
            SourceError: it is outside, does not exist, cannot be opened, or is neither file nor folder. A
                path outside is refused in the same words whether it exists or not.
        """
        shown = os.fspath(path)
        try:
            base, resolved = self._locate(Path(path))
            return _opened(base, resolved, shown)
        except OSError as error:
            raise SourceError(_told(shown, error)) from error
        except ValueError as error:  # a NUL in the name
            raise SourceError(f"{shown!r} is no file name: {error}") from error

    def _locate(self, path: Path) -> tuple[Path, Path]:
        """The folder from which to open, and the resolved path."""
        if self.roots is None:
            resolved = Path(os.path.realpath(path))
            return Path(resolved.anchor), resolved
        candidates = [path] if path.is_absolute() else [path, *(root / path for root in self.roots)]
        inside = []
        for candidate in candidates:
            resolved = Path(os.path.realpath(candidate))
            inside += [(self._base or root, resolved) for root in self.roots if _allows(root, resolved)]
        if not inside:
            raise SourceError(f"{path} lies outside the folders that may be read: name a file within them")
        return next((found for found in inside if found[1].exists()), inside[0])


def _resolved_root(root: StrPath) -> Path:
    resolved = Path(os.path.realpath(root))
    if not resolved.is_dir():
        raise SourceError(f"the allowed root {os.fspath(root)} is no folder: name an existing one")
    return resolved


def _allows(root: Path, resolved: Path) -> bool:
    if not resolved.is_relative_to(root):
        return False
    # A root above /proc (that is, "/") means its documents, not the kernel's view of every process.
    return all(root.is_relative_to(pseudo) or not resolved.is_relative_to(pseudo) for pseudo in _PSEUDO)


def _opened(base: Path, resolved: Path, shown: str) -> Opened:
    descriptor = (_walk if _WALKS else _open_by_name)(base, resolved, shown)
    try:
        opened = Opened(resolved, descriptor)
        _refuse_special(opened.status, shown)
        return opened
    except BaseException:
        if descriptor is not None:
            os.close(descriptor)
        raise


def _walk(base: Path, resolved: Path, shown: str) -> int:
    """Open `resolved`, which holds no links, from `base` down: no link put there since can lead away."""
    *folders, name = resolved.relative_to(base).parts or (".",)
    at = os.open(base, _STEP | _NO_LINK)
    try:
        for folder in folders:
            below = os.open(folder, _STEP | _NO_LINK, dir_fd=at)
            os.close(at)
            at = below
        _refuse_special(
            os.stat(name, dir_fd=at, follow_symlinks=False), shown
        )  # opening a device has effects
        return os.open(name, _OPEN | _NO_LINK, dir_fd=at)
    finally:
        os.close(at)


def _open_by_name(base: Path, resolved: Path, shown: str) -> int | None:
    """Open by name, where the system cannot walk (Windows), and look whether it is still that file."""
    status = resolved.stat()
    _refuse_special(status, shown)
    if stat.S_ISDIR(status.st_mode):
        return None  # Windows opens no folder
    descriptor = os.open(resolved, _OPEN)
    if Path(os.path.realpath(resolved)) == resolved and os.path.samestat(
        os.fstat(descriptor), resolved.stat()
    ):
        return descriptor
    os.close(descriptor)
    raise SourceError(f"{shown} was replaced while it was opened: try again")


def _refuse_special(status: os.stat_result, shown: str) -> None:
    # A link passes here: opening it is what fails, in words of its own.
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode) or stat.S_ISLNK(status.st_mode)):
        raise SourceError(
            f"{shown} is a device, a socket or a pipe, not a file: pass a file, or the text itself"
        )


def _told(shown: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{shown} does not exist: check the path"
    if isinstance(error, NotADirectoryError):
        return f"{shown} does not exist: a part of it is a file, not a folder"
    if isinstance(error, PermissionError):
        return f"{shown} may not be read by this process: check its permissions"
    if error.errno == errno.ELOOP:
        return f"{shown} is a link that leads in a circle, or became one just now: name the file itself"
    return f"{shown} cannot be opened: {error.strerror or error}"
