"""Quotes: what of a text may be quoted, in the one-line form of the stream, each traced to its exact characters."""

import re

from smoothread_agent.reading.pieces import pieces
from smoothread_agent.reading.wording import one_line

Span = tuple[int, int]
"""First character and one past the last."""
_TELLING = re.compile(r"[^\W_]")


def quotes(text: str, characters: tuple[int, int] = (4, 300)) -> dict[str, Span]:
    """The quotes of `text`, in order, and where each stands: its pieces.

    Args:
        text: a chunk's.
        characters: a quote's fewest and most. A piece of fewer goes with the one behind it, where both are not too
            many together. A piece without a letter or a figure, such as a ruled line, is no quote. A wording that comes
            again is the same quote: it stands where it stood first.
    """
    fewest, most = characters
    found: dict[str, Span] = {}

    def quote(start: int, end: int) -> None:
        found.setdefault(one_line(text[start:end]), (start, end))

    short: Span | None = None
    for start, end in pieces(text, most):
        telling = _TELLING.search(text, start, end) is not None
        first = start
        if short is not None:
            if telling and len(one_line(text[short[0] : end])) <= most:
                first = short[0]
            else:
                quote(*short)
        short = None
        if telling and len(one_line(text[first:end])) < fewest:
            short = (first, end)
        elif telling:
            quote(first, end)
    if short is not None:
        quote(*short)
    return found
