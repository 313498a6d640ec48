"""PDF to text with pages. Needs pypdf: the extra `pdf`."""

import io
import logging
import re
from typing import TYPE_CHECKING

from smoothread_agent.errors import SourceError
from smoothread_agent.sources.refusals import MissingExtraError, TooLargeError
from smoothread_agent.sources.source import PAGE_GAP, Page, Skipped, Source

if TYPE_CHECKING:
    from pypdf import PdfReader

MAGIC = b"%PDF-"
MEDIA_TYPE = "application/pdf"

_LIGATURES = {
    0xFB00: "ff",
    0xFB01: "fi",
    0xFB02: "fl",
    0xFB03: "ffi",
    0xFB04: "ffl",
    0xFB05: "st",
    0xFB06: "st",
}
_NO_TEXT = re.compile("[\ud800-\udfff]")


def pdf_source(data: bytes, name: str, limit: int) -> Source:
    """The text of a PDF, page after page; `Page.number` counts the sheets from 1, as a viewer does.

    The text is what the file says of itself: its line ends stay, ligatures become their letters. A page
    without text, or one that cannot be decoded, is named in `Source.skipped`.

    Raises:
        MissingExtraError: pypdf is not installed.
        TooLargeError: the text has more than `limit` characters.
        SourceError: the file is damaged, is locked with a password, or has no text on any page.
    """
    try:
        import pypdf
    except ImportError as error:
        raise MissingExtraError(name, "a PDF", "pypdf", "pdf") from error
    # It logs every flaw that it mends; without a handler of the application's own these would go to stderr.
    logging.getLogger("pypdf").addHandler(logging.NullHandler())
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        _unlock(reader, name)
        count = len(reader.pages)
    except SourceError:
        raise
    except (
        Exception
    ) as error:  # a damaged file can make it raise anything, RecursionError and KeyError included
        raise SourceError(f"{name} is a damaged PDF ({_said(error)}): get it again, or repair it") from error
    texts: list[str] = []
    pages: list[Page] = []
    skipped: list[Skipped] = []
    start = 0
    for number in range(1, count + 1):
        try:
            text = _clean(reader.pages[number - 1].extract_text())
        except Exception as error:  # as above, but one page alone is no reason to give up the others
            skipped.append(Skipped(f"page {number}", f"cannot be decoded ({_said(error)})"))
            continue
        if not text:
            skipped.append(Skipped(f"page {number}", "no text: blank, or an image"))
            continue
        pages.append(Page(start, number))
        texts.append(text)
        start += len(text) + len(PAGE_GAP)
        if start > limit:
            raise TooLargeError(name, limit)
    if not texts:
        raise SourceError(f"{name} holds no text on its {count} pages{_why_none(skipped)}")
    return Source(PAGE_GAP.join(texts), name, MEDIA_TYPE, tuple(pages), tuple(skipped))


def _unlock(reader: "PdfReader", name: str) -> None:
    """Open a file encrypted under the empty password, as those are that only forbid printing or copying."""
    if not reader.is_encrypted:
        return
    from pypdf.errors import DependencyError

    try:
        opened = reader.decrypt("")
    except DependencyError as error:
        raise SourceError(
            f"{name} is encrypted with AES, which needs: pip install 'pypdf[crypto]'"
        ) from error
    if not opened:
        raise SourceError(f"{name} is locked with a password: save a copy without it (qpdf --decrypt)")


def _clean(text: str) -> str:
    # A font's faulty map can give halves of surrogate pairs, which are no characters.
    text = _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", text.replace("\x00", ""))
    return text.translate(_LIGATURES).rstrip().lstrip("\n")


def _why_none(skipped: list[Skipped]) -> str:
    undecoded = next((page for page in skipped if not page.reason.startswith("no text")), None)
    if undecoded:
        return f" that could be decoded ({undecoded}): the file is damaged; get it again, or repair it"
    return ": if it is a scan, run it through OCR first (ocrmypdf)"


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
