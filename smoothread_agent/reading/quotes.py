"""Quotes: what of a text may be quoted, in the one-line form of the stream, each traced to its exact characters."""

from smoothread_agent.reading.pieces import pieces
from smoothread_agent.reading.wording import one_line

Span = tuple[int, int]
"""First character and one past the last."""


def quotes(text: str, characters: tuple[int, int] = (4, 300)) -> dict[str, Span]:
    """The quotes of `text`, in order, and where each stands: its pieces.

    Args:
        text: a chunk's.
        characters: a quote's fewest and most. A piece of fewer goes with the one behind it, where both are not too
            many together. A wording that comes again is the same quote: it stands where it stood first.
    """
    fewest, most = characters
    found: dict[str, Span] = {}
    short: int | None = None
    for start, end in pieces(text, most):
        first = start if short is None or len(one_line(text[short:end])) > most else short
        if short is not None and first == start:
            found.setdefault(one_line(text[short:start]), (short, short + len(text[short:start].rstrip())))
        short = first if len(one_line(text[first:end])) < fewest else None
        if short is None:
            found.setdefault(one_line(text[first:end]), (first, end))
    if short is not None:
        found.setdefault(one_line(text[short:]), (short, short + len(text[short:].rstrip())))
    return found
