"""A folder as one source: its files in natural order, each a page (or pages) under its name."""

import re
from pathlib import Path, PurePosixPath

from smoothread_agent.errors import SourceError
from smoothread_agent.sources.decoding import printable
from smoothread_agent.sources.formats import parse, unreadable_reason
from smoothread_agent.sources.policy import AccessPolicy, Opened
from smoothread_agent.sources.refusals import MissingExtraError, TooLargeError
from smoothread_agent.sources.source import PART_GAP, Skipped, Source, join

MAX_FILES = 10_000
"""Names in a folder, with all below it, beyond which it is taken for a mistake (`/`, a home folder)."""

_WEB_SUFFIXES = frozenset((".html", ".htm", ".xhtml"))
_WEB_PARTS = frozenset((".css", ".js", ".mjs", ".map", ".svg"))
_SPHINX = frozenset(("_static", "_sources", "_images", "_modules"))
_DIGITS = re.compile(r"(\d+)")


def folder_source(
    opened: Opened, name: str, policy: AccessPolicy, *, limit: int, encoding: str | None = None
) -> Source:
    """All that can be read in a folder and below, in natural order (`ch2` before `ch10`).

    Nothing outside the folder is read: a link is followed only to a file within it. Left out, and named in
    `Source.skipped`: hidden names, links to folders, files that are binary, empty or badly encoded, a second
    name of a file already read, and among web pages their scripts, styles and sources.

    Args:
        opened: the folder, as `policy` opened it.
        name: the source's name.
        policy: which files may be opened; here it is narrowed to the folder.
        limit: characters that are accepted in all.
        encoding: of text files without a byte order mark; None for UTF-8.

    Raises:
        MissingExtraError, TooLargeError: a file needs what is not installed; the text is too long.
        SourceError: no file of the folder can be read.
    """
    folder, policy = opened.path, policy.within(opened)
    names, skipped = _names(folder, policy)
    web = any(PurePosixPath(file).suffix.lower() in _WEB_SUFFIXES for file in names)
    parts: list[Source] = []
    seen: dict[tuple[int, int], str] = {}
    left = limit
    for file in names:
        if web and PurePosixPath(file).suffix.lower() in _WEB_PARTS:
            skipped.append(Skipped(printable(file), "a web page's script, style or drawing"))
            continue
        try:
            with policy.open(folder / file) as found:
                first = seen.setdefault(found.identity, file)
                if first != file:
                    raise SourceError(f"the same file as {first}")
                part = _part(found, file, limit, encoding)
        except (MissingExtraError, TooLargeError):
            raise
        except SourceError as error:
            reason = str(error).removeprefix(f"{folder / file} ").removeprefix(f"{printable(file)} ")
            skipped.append(Skipped(printable(file), reason))
            continue
        left -= len(part.text) + len(PART_GAP)
        if left < 0:
            raise TooLargeError(name, limit)
        parts.append(part)
    if not parts:
        raise SourceError(f"{name} is a folder without a file that can be read{_listed(skipped)}")
    return join(parts, name, skipped)


def _part(opened: Opened, file: str, limit: int, encoding: str | None) -> Source:
    if opened.is_folder:
        raise SourceError("a link to a folder, which is not followed")
    # Before it is read in full: a film beside the documents may be of any size.
    if reason := unreadable_reason(opened.head(), file, encoding):
        raise SourceError(reason)
    return parse(opened.read(limit), printable(file), limit=limit, encoding=encoding)


def _names(folder: Path, policy: AccessPolicy) -> tuple[list[str], list[Skipped]]:
    """The files below `folder`, relative to it and in natural order, and what was left out already."""
    files: list[str] = []
    skipped: list[Skipped] = []
    folders = [PurePosixPath()]
    while folders:
        below = folders.pop()
        with policy.open(folder / below) as opened:
            entries = opened.entries()
        web = any(PurePosixPath(entry.name).suffix.lower() in _WEB_SUFFIXES for entry in entries)
        for entry in entries:
            path = below / entry.name
            if entry.name.startswith("."):
                skipped.append(Skipped(printable(str(path)), "hidden"))
            elif web and entry.is_folder and entry.name in _SPHINX:
                skipped.append(Skipped(printable(str(path)), "what web pages beside it were made of"))
            elif entry.is_folder:
                folders.append(path)
            else:
                files.append(str(path))
        if len(files) + len(folders) + len(skipped) > MAX_FILES:
            raise SourceError(f"{folder.name} holds more than {MAX_FILES:,} files: name a smaller folder")
    skipped.sort(key=lambda one: natural_order(one.label))
    return sorted(files, key=natural_order), skipped


def natural_order(path: str) -> tuple[tuple[tuple[tuple[int, str], ...], ...], str]:
    """A key that sorts paths as people do: numbers by their value, letters without regard to case."""
    parts = (_DIGITS.split(part) for part in path.split("/"))
    return tuple(
        tuple((int(piece), "") if piece.isdecimal() else (-1, piece.casefold()) for piece in part)
        for part in parts
    ), path


def _listed(skipped: list[Skipped], most: int = 3) -> str:
    if not skipped:
        return ": it is empty"
    told = "; ".join(map(str, skipped[:most]))
    return f" ({told}{f'; and {len(skipped) - most} more' if len(skipped) > most else ''})"
