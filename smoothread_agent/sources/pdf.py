"""PDF to text with pages. Needs pypdf: the extra `pdf`."""

import io
import logging
import re
from typing import TYPE_CHECKING, Any

from smoothread_agent.errors import SourceError
from smoothread_agent.sources.refusals import MissingExtraError, TooLargeError
from smoothread_agent.sources.source import PAGE_GAP, Page, Skipped, Source

if TYPE_CHECKING:
    from pypdf import PdfReader

MAGIC = b"%PDF-"
MEDIA_TYPE = "application/pdf"

# Thousandths of the font's size: kerning stays below the first, a space above it even in a line set tight.
_WORD_GAP = 150
_SURE_GAP = 1000
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
_HALF_PAIRS = re.compile("[\ud800-\udfff]")


def pdf_source(data: bytes, name: str, limit: int) -> Source:
    """The text of a PDF, page after page; `Page.number` counts the sheets from 1, as a viewer does.

    The text is what the file says of itself: line ends and hyphens stay, ligatures become their letters. A
    page without text, or one that cannot be decoded, is named in `Source.skipped`.

    Raises:
        MissingExtraError: pypdf is not installed.
        TooLargeError: the text has more than `limit` characters.
        SourceError: the file is damaged, is locked with a password, or has no text on any page.
    """
    try:
        from pypdf.errors import DependencyError
    except ImportError as error:
        raise MissingExtraError(name, "a PDF", "pypdf", "pdf") from error
    # It logs every flaw that it mends; without a handler of the application's own these would go to stderr.
    logging.getLogger("pypdf").addHandler(logging.NullHandler())
    try:
        reader = _opened(data, name)
        texts, skipped = _texts(reader, name, limit)
    except DependencyError as error:
        raise SourceError(
            f"{name} is encrypted with AES, which needs: pip install 'pypdf[crypto]'"
        ) from error
    if not texts:
        raise SourceError(f"{name} holds no text on its {len(skipped)} pages{_why_none(skipped)}")
    pages = []
    start = 0
    for number, text in texts.items():
        pages.append(Page(start, number))
        start += len(text) + len(PAGE_GAP)
    return Source(PAGE_GAP.join(texts.values()), name, MEDIA_TYPE, tuple(pages), tuple(skipped))


def _opened(data: bytes, name: str) -> "PdfReader":
    from pypdf import PdfReader
    from pypdf.errors import DependencyError

    try:
        reader = PdfReader(io.BytesIO(data))
        # The empty password opens the files that only forbid printing or copying.
        locked = reader.is_encrypted and not reader.decrypt("")
        if not locked:
            len(reader.pages)
    except DependencyError:
        raise
    except Exception as error:  # a damaged file can make it raise anything, a RecursionError or a KeyError
        raise SourceError(f"{name} is a damaged PDF ({_said(error)}): get it again, or repair it") from error
    if locked:
        raise SourceError(f"{name} is locked with a password: save a copy without it (qpdf --decrypt)")
    return reader


def _texts(reader: "PdfReader", name: str, limit: int) -> tuple[dict[int, str], list[Skipped]]:
    """Page numbers to their texts, and the pages that have none."""
    from pypdf.errors import DependencyError

    texts: dict[int, str] = {}
    skipped: list[Skipped] = []
    size = 0
    for number in range(1, len(reader.pages) + 1):
        try:
            text = _clean(reader.pages[number - 1].extract_text(visitor_operand_before=_widen_gaps))
        except DependencyError:
            raise
        except Exception as error:  # as above, but one page is no reason to give up the others
            skipped.append(Skipped(f"page {number}", f"cannot be decoded ({_said(error)})"))
            continue
        if not text:
            skipped.append(Skipped(f"page {number}", "no text: blank, or an image"))
            continue
        texts[number] = text
        size += len(text) + len(PAGE_GAP)
        if size > limit:
            raise TooLargeError(name, limit)
    return texts, skipped


def _widen_gaps(operator: bytes, operands: list[Any], *_: Any) -> None:
    """Make the gaps between words plain to pypdf, which calls this before each operator that it obeys.

    Many files (those of TeX) have no space characters, only gaps between runs of glyphs, and pypdf takes a
    gap for a space if it is wider than half the font's space. But it reads that width from the font's table
    under the code 32, which in a font numbered by glyphs is any glyph: whole lines lose their spaces. So what
    is a space in any font is written as a wide step forth and the rest back, which ends where it did.
    """
    if operator != b"TJ" or not operands or not isinstance(operands[0], list):
        return
    run: list[Any] = []
    for item in operands[0]:
        if isinstance(item, int | float) and _WORD_GAP <= -item < _SURE_GAP:
            run += [type(item)(-_SURE_GAP), type(item)(_SURE_GAP + item)]
        else:
            run.append(item)
    operands[0][:] = run


def _clean(text: str) -> str:
    # A font's faulty map can give halves of surrogate pairs, which are no characters.
    text = _HALF_PAIRS.sub("\N{REPLACEMENT CHARACTER}", text.replace("\x00", ""))
    return text.translate(_LIGATURES).rstrip().lstrip("\n")


def _why_none(skipped: list[Skipped]) -> str:
    undecoded = next((page for page in skipped if not page.reason.startswith("no text")), None)
    if undecoded:
        return f" that could be decoded ({undecoded}): the file is damaged; get it again, or repair it"
    return ": if it is a scan, run it through OCR first (ocrmypdf)"


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
