"""From what a user hands in to a Source: tells text, files, folders, blobs, documents and series apart."""

import os
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from smoothread_agent.errors import SourceError
from smoothread_agent.sources.decoding import printable
from smoothread_agent.sources.documents import document_source, is_blob, is_document
from smoothread_agent.sources.folder import folder_source
from smoothread_agent.sources.formats import parse
from smoothread_agent.sources.html import MEDIA_TYPE as HTML
from smoothread_agent.sources.html import html_source
from smoothread_agent.sources.pathlike import refuse_path
from smoothread_agent.sources.policy import AccessPolicy
from smoothread_agent.sources.refusals import TooLargeError
from smoothread_agent.sources.source import PART_GAP, Skipped, Source, join

ACCEPTED = (
    "pass text (str), a file or folder (pathlib.Path), bytes, an open file, a Blob, a Document, a Source, "
    "or an iterable of these"
)


@dataclass(frozen=True)
class Loader:
    """Makes sources of values, one way for all of a series.

    Attributes:
        policy: which files may be opened.
        encoding: of text files without a byte order mark; None for UTF-8.
        media_type: what the values are, when their owner knows.
        limit: bytes of a file and characters of a text that are accepted.
    """

    policy: AccessPolicy
    encoding: str | None
    media_type: str | None
    limit: int

    def load(self, value: object, name: str | None) -> Source:
        """The source that `value` is. A series of values becomes one source of several parts."""
        if (source := self._single(value, name)) is not None:
            return source
        if isinstance(value, Mapping | Set) or not isinstance(value, Iterable):
            told = "a set has no order" if isinstance(value, Set) else f"{type(value).__name__} is no source"
            raise SourceError(f"{told}: {ACCEPTED}")
        return self._series(value, name)

    def _single(self, value: object, name: str | None) -> Source | None:
        if isinstance(value, Source):
            return replace(value, name=name) if name else value
        if isinstance(value, str):
            return self._text(value, name)
        if isinstance(value, bytes | bytearray | memoryview):
            return self._bytes(bytes(value), name or "bytes")
        if isinstance(value, os.PathLike):
            return self._path(value, name)
        if is_document(value):
            return self._within(document_source(value, name))
        if is_blob(value):
            return self._blob(value, name)
        if callable(getattr(value, "read", None)):
            return self._open_file(value, name)
        return None

    def _text(self, text: str, name: str | None) -> Source:
        # Under a policy the words may be an agent's, and even whether a file exists is none of its business.
        refuse_path(text, look=self.policy.roots is None)
        return self._characters(text, name or "text", None)

    def _characters(self, text: str, name: str, told: str | None) -> Source:
        media_type = self.media_type or told or "text/plain"
        html = media_type.startswith(HTML)
        return self._within(html_source(text, name) if html else Source(text, name, media_type))

    def _bytes(self, data: bytes, name: str, told: str | None = None, encoding: str | None = None) -> Source:
        if len(data) > self.limit:
            raise TooLargeError(name, self.limit)
        return parse(
            data, name, limit=self.limit, encoding=self.encoding or encoding, told=self.media_type or told
        )

    def _path(self, path: "os.PathLike[Any]", name: str | None, **told: str | None) -> Source:
        place = Path(os.fsdecode(path))
        with self.policy.open(place) as opened:
            name = name or printable(place.name or opened.path.name or str(opened.path))
            if opened.is_folder:
                return folder_source(opened, name, self.policy, limit=self.limit, encoding=self.encoding)
            data = opened.read(self.limit)
        # The file's own suffix tells its format, whatever the caller calls it.
        source = self._bytes(data, printable(place.name), **told)
        return replace(source, name=name)

    def _blob(self, blob: Any, name: str | None) -> Source:
        """A LangChain Blob, of which only the fields are used: its methods would open its path unasked."""
        metadata = getattr(blob, "metadata", None) or {}
        name = name or str(metadata.get("source") or "") or None
        # UTF-8 is what a blob says of itself unless it is told otherwise.
        encoding = (
            blob.encoding if str(getattr(blob, "encoding", None) or "").lower() not in ("", "utf-8") else None
        )
        if blob.data is None:
            return self._path(Path(blob.path), name, told=blob.mimetype, encoding=encoding)
        name = name or (printable(Path(blob.path).name) if blob.path else "blob")
        if isinstance(blob.data, bytes):
            return self._bytes(blob.data, name, told=blob.mimetype, encoding=encoding)
        return self._characters(blob.data, name, blob.mimetype)

    def _open_file(self, file: Any, name: str | None) -> Source:
        """A file that the caller has opened, read from where it stands."""
        label = getattr(file, "name", None)
        name = name or (printable(Path(label).name) if isinstance(label, str) else "file")
        pieces: list[Any] = []
        left = self.limit + 1
        try:
            while left > 0 and (piece := file.read(left)):  # a pipe gives less at a time than it is asked for
                pieces.append(piece)
                left -= len(piece)
        except (
            OSError,
            ValueError,
        ) as error:  # closed, not open for reading, or opened with another encoding
            raise SourceError(f"{name} cannot be read from: {error}") from error
        if all(isinstance(piece, bytes) for piece in pieces):
            return self._bytes(b"".join(pieces), name)
        if all(isinstance(piece, str) for piece in pieces):
            return self._characters("".join(pieces), name, None)
        raise SourceError(f"{type(file).__name__}.read() gave neither text nor bytes: {ACCEPTED}")

    def _series(self, values: Iterable[object], name: str | None) -> Source:
        parts: list[Source] = []
        skipped: list[Skipped] = []
        left = self.limit
        number = 0
        for number, value in enumerate(values, 1):
            text = getattr(value, "page_content", value)
            if isinstance(text, str) and not text.strip():  # loaders make Documents of blank pages, too
                skipped.append(Skipped(f"text {number}", "empty"))
                continue
            part = self._single(value, None)
            if part is None:
                raise SourceError(f"item {number} of the series is {type(value).__name__}: {ACCEPTED}")
            if isinstance(value, str | bytes | bytearray | memoryview):  # which have no name of their own
                part = replace(part, name=f"text {number}")
            left -= len(part.text) + len(PART_GAP)
            if left < 0:
                raise TooLargeError(name or "the series", self.limit)
            parts.append(part)
        if not parts:
            raise SourceError(
                f"{name or 'the series'} holds no text in its {number} items: there is nothing to read"
            )
        names = {part.name for part in parts}
        return join(parts, name or (names.pop() if len(names) == 1 else f"{len(parts)} texts"), skipped)

    def _within(self, source: Source) -> Source:
        if len(source.text) > self.limit:
            raise TooLargeError(source.name, self.limit)
        return source
