"""What the bytes of a file are, and the source that is made of them."""

from pathlib import PurePath

from smoothread_agent.errors import SourceError
from smoothread_agent.sources import compressed, html, pdf
from smoothread_agent.sources.decoding import binary_reason, decode, mark_of
from smoothread_agent.sources.html import html_source
from smoothread_agent.sources.pdf import pdf_source
from smoothread_agent.sources.source import Source

_BY_SUFFIX = {
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": html.MEDIA_TYPE,
    ".htm": html.MEDIA_TYPE,
    ".xhtml": html.MEDIA_TYPE,
    ".pdf": pdf.MEDIA_TYPE,
}
READABLE_SUFFIXES = frozenset((*_BY_SUFFIX, ".txt", ".rst", ".gz"))
"""Names that end so are, to anybody, names of files that can be read here."""


def media_type_of(data: bytes, name: str, told: str | None = None) -> str:
    """What the first bytes say, else what was told, else the name's suffix, else plain text."""
    if data.startswith(compressed.MAGIC):
        return "application/gzip"
    if data.startswith(pdf.MAGIC):
        return pdf.MEDIA_TYPE
    told = (told or "").partition(";")[0].strip().lower()
    if told in ("application/xhtml+xml", html.MEDIA_TYPE):
        return html.MEDIA_TYPE
    if told in (pdf.MEDIA_TYPE, "text/x-markdown") or told.startswith("text/"):
        return told
    suffix = PurePath(name).suffix.lower()
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix]
    return html.MEDIA_TYPE if not suffix and _begins_as_html(data) else "text/plain"


def unreadable_reason(head: bytes, name: str, encoding: str | None = None) -> str:
    """Why a file that begins with `head` will not be read, as far as these bytes tell; empty if it may be."""
    if media_type_of(head, name) in ("application/gzip", pdf.MEDIA_TYPE):
        return ""
    return binary_reason(head, encoding)


def parse(
    data: bytes, name: str, *, limit: int, encoding: str | None = None, told: str | None = None
) -> Source:
    """The source that a file's bytes hold.

    Args:
        data: the whole file.
        name: the source's name; its suffix helps to tell the format.
        limit: bytes, when unpacked, and characters of text that are accepted.
        encoding: of text and HTML without a byte order mark; None for UTF-8.
        told: a media type, when one came with the data.

    Raises:
        SourceError: see the formats.
    """
    media_type = media_type_of(data, name, told)
    inner = name
    if media_type == "application/gzip":
        inner = name.removesuffix(".gz")
        data = compressed.gunzip(data, name, limit)
        media_type = media_type_of(data, inner)
        if media_type == "application/gzip":
            raise SourceError(f"{name} is packed twice with gzip: unpack it first")
    if not data.strip():
        raise SourceError(f"{name} is empty: there is nothing to read")
    if media_type == pdf.MEDIA_TYPE:
        return pdf_source(data, name, limit)
    if media_type == html.MEDIA_TYPE:
        return html_source(data, name, encoding)
    return Source(decode(data, name, encoding), name, media_type)


def _begins_as_html(data: bytes) -> bool:
    marked = mark_of(data)
    head = data[:1024].decode(marked[0] if marked else "latin-1", "ignore").lstrip("\ufeff \t\r\n").lower()
    return head.startswith(("<!doctype html", "<html"))
