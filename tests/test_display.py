"""What a terminal shows of a result."""

import pytest
from rich.console import Console

from smoothread_agent.display import Display
from smoothread_agent.schema import Clue, Coverage, ReadingResult, SourceInfo, StopSignal, Usage

NEAR = Clue(text="The port\nis 8080.", start=10, end=27, page=2, chunk=0, confidence=0.24)


def shown(**more: tuple[Clue, ...]) -> str:
    console = Console(width=200)
    with console.capture() as captured:
        Display(console).result(
            ReadingResult(
                task="Which port?",
                answer="The text does not say.",
                stop=StopSignal(reason="end_of_source"),
                source=SourceInfo(name="x", digest="0" * 64, characters=30),
                model="m",
                coverage=Coverage(
                    chunks_read=1, chunks_total=1, tokens_read=9, tokens_total=9, truncated=False
                ),
                usage=Usage(rounds=1, tokens_read=9, tokens_decoded=1),
                **more,
            )
        )
    return captured.get()


def test_where_nothing_was_found_it_shows_what_came_nearest_and_says_that_it_is_no_clue() -> None:
    told = shown(nearest=(NEAR,))
    assert "Nothing was sure enough to be a clue. What comes nearest:" in told
    assert "“The port is 8080.”  page 2, 10-27, 24%" in told


@pytest.mark.parametrize("found", [(), (NEAR,)])
def test_a_result_with_nothing_near_does_not_speak_of_it(found: tuple[Clue, ...]) -> None:
    told = shown(clues=found)
    assert "nearest" not in told
    assert ("“The port is 8080.”" in told) == bool(found)
