"""Pages of stored clues: the same text may come with other pages another time, or with none."""

from collections.abc import Callable

from smoothread_agent.memory.entries import ReadingState
from smoothread_agent.schema import ChunkSummary, Clue

PageOf = Callable[[int], int | None]
"""The page number at a character of a source."""


def paged(state: ReadingState, page_of: PageOf) -> ReadingState:
    """`state` with the pages of the source at hand."""
    return state.model_copy(
        update={
            "clues": paged_clues(state.clues, page_of),
            "in_stream": paged_clues(state.in_stream, page_of),
            "summary": paged_summary(state.summary, page_of),
        }
    )


def paged_clues(clues: tuple[Clue, ...], page_of: PageOf) -> tuple[Clue, ...]:
    """`clues`, each with the page on which it begins."""
    return tuple(clue.model_copy(update={"page": page_of(clue.start)}) for clue in clues)


def paged_summary(summary: ChunkSummary | None, page_of: PageOf) -> ChunkSummary | None:
    """`summary` with the pages of its clues."""
    if summary is None:
        return None
    return summary.model_copy(
        update={
            "clues": paged_clues(summary.clues, page_of),
            "new_clues": paged_clues(summary.new_clues, page_of),
        }
    )
