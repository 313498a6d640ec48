"""Sources: whatever a user hands in becomes text with a digest, exact offsets and pages.

`load_source` is the one door. What is handed over as characters (a str, a Document) is kept to the character,
so offsets into the source are offsets into it. What is decoded from bytes has its newlines made `\\n`, so
offsets are those of `path.read_text()`; of HTML and PDF they are offsets into the extracted text.
"""

import os
from collections.abc import Iterable

from smoothread_agent.sources.loading import Loader
from smoothread_agent.sources.policy import AccessPolicy
from smoothread_agent.sources.refusals import MissingExtraError, TooLargeError
from smoothread_agent.sources.source import Page, Skipped, Source

__all__ = [
    "MAX_SIZE",
    "AccessPolicy",
    "MissingExtraError",
    "Page",
    "Skipped",
    "Source",
    "TooLargeError",
    "load_source",
]

MAX_SIZE = 64 * 2**20
"""Default bound: bytes of a file, packed or not, and characters of the text (about 16 million tokens)."""


def load_source(
    value: object,
    *,
    name: str | None = None,
    allowed_roots: AccessPolicy | Iterable[str | os.PathLike[str]] | None = None,
    encoding: str | None = None,
    media_type: str | None = None,
    max_size: int = MAX_SIZE,
) -> Source:
    """Make a source of anything that can be read.

    - `str`: the text itself, always. A str is never opened, so words that come from an agent or a web form
      cannot reach a file. One that is nothing but a path or an address is refused: it is most likely a
      mistake.
    - `os.PathLike`: a file (text, Markdown, HTML, PDF, each also packed with gzip) or a folder of such files,
      read in natural order, each a page under its name; what it left out is in `Source.skipped`.
    - `bytes`, or an open file: the same formats, told by their first bytes, `name` or `media_type`.
    - LangChain's `Blob` and `Document`, and a `Source`, which is returned as it is.
    - an iterable of any of these, each a page under its name, set apart by two blank lines.

    Args:
        value: see above.
        name: what to call the source; the file's or document's own name if None.
        allowed_roots: folders outside which no file is opened, whatever links say; None allows all. Give them
            wherever a path may come from an agent.
        encoding: of text and HTML without a byte order mark, which goes before it; None for what a page
            declares, or UTF-8. No other encoding is guessed.
        media_type: what the value is, for bytes without a telling name and for a str that holds HTML.
        max_size: bytes of a file (unpacked, too) and characters of the text that are accepted.

    Raises:
        MissingExtraError: the format needs an extra that is not installed.
        TooLargeError: there is more than `max_size`.
        SourceError: the value is missing, empty, binary, badly encoded, damaged, outside the allowed roots,
            or is nothing that can be read.
    """
    policy = allowed_roots if isinstance(allowed_roots, AccessPolicy) else AccessPolicy(allowed_roots)
    return Loader(policy, encoding, media_type, max_size).load(value, name)
