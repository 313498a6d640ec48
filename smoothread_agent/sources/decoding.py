"""Bytes to characters: UTF-8 or what a byte order mark says, anything else only on request."""

import codecs
import re

from smoothread_agent.errors import SourceError

# The longer marks first: UTF-32's begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BINARY = (
    (b"PK\x03\x04", "a ZIP archive (so are .docx, .odt, .xlsx and .epub files)"),
    (b"\xd0\xcf\x11\xe0", "an old Microsoft Office file"),
    (b"{\\rtf", "an RTF file"),
    (b"%!PS", "a PostScript file"),
    (b"BZh", "bzip2-compressed"),
    (b"\xfd7zXZ\x00", "xz-compressed"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "a database"),
)
_HEAD = 8192
_WIDE = re.compile(r"u(tf|cs)?[-_ ]?(16|32|2|4)", re.IGNORECASE)
_NEWLINES = re.compile(r"\r\n?")


def printable(name: str) -> str:
    """A file's name with `?` for each byte that is no character, so that it can be shown and serialised."""
    return name.encode("utf-8", "replace").decode()


def mark_of(data: bytes) -> tuple[str, int] | None:
    """The encoding that the byte order mark at the start of `data` tells, and the mark's length in bytes."""
    return next(((encoding, len(mark)) for mark, encoding in _MARKS if data.startswith(mark)), None)


def binary_reason(data: bytes, encoding: str | None = None) -> str:
    """Why `data` (its first 8 KiB are enough) is no text in `encoding`, UTF-8 if None; empty if it may be."""
    for magic, kind in _BINARY:
        if data.startswith(magic):
            return f"{kind}, which is not read here: save it as text, HTML or PDF"
    head = data[:_HEAD]
    wide = _WIDE.match(encoding or "")  # in which zero bytes belong to characters
    if wide or b"\x00" not in head or mark_of(data):
        return ""
    for shift, guess in ((1, "utf-16-le"), (0, "utf-16-be")):
        # Western text in UTF-16: nearly every other byte is zero, and none of those between.
        if head[shift::2].count(0) > 0.4 * len(head) and not head[1 - shift :: 2].count(0):
            return f"binary, or {guess.upper()} without a byte order mark: if so, pass encoding={guess!r}"
    return "binary, not text"


def decode(data: bytes, name: str, encoding: str | None = None) -> str:
    """`data` as text, with newlines made `\\n` as Python's `open` does.

    A byte order mark tells the encoding and is left out of the text; without one it is `encoding`, or UTF-8.

    Raises:
        SourceError: the data is binary, the encoding is unknown, or the data does not hold to it; the message
            then names the first offending byte.
    """
    if reason := binary_reason(data, encoding):
        raise SourceError(f"{name} is {reason}")
    marked = mark_of(data)
    used, start = marked or (encoding or "utf-8", 0)
    try:
        text = str(memoryview(data)[start:], used)
    except UnicodeDecodeError as error:
        raise SourceError(_told(data, name, used, start + error.start)) from error
    except LookupError as error:
        raise SourceError(f"there is no text encoding named {used!r}: try 'utf-8' or 'cp1252'") from error
    except UnicodeError as error:  # some codecs (idna, utf-16 of odd length) raise the bare class
        raise SourceError(f"{name} is not valid {used}: {error}") from error
    return _NEWLINES.sub("\n", text)


def _told(data: bytes, name: str, encoding: str, position: int) -> str:
    line = data.count(b"\n", 0, position) + 1
    around = data[max(0, position - 12) : position + 12].decode("ascii", "backslashreplace")
    where = f"byte 0x{data[position]:02X} at position {position}, line {line} ({around!r})"
    told = f"{name} is not valid {encoding.upper()}: {where}"
    if encoding == "utf-8":
        return f"{told}: if it is in a Western European encoding, pass encoding='cp1252'"
    return f"{told}: pass the encoding in which it was written"
