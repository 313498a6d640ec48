import io
from pathlib import Path

import pytest
from rich.console import Console

from tools.evaluate import plots, table
from tools.evaluate.__main__ import tokens
from tools.evaluate.estimate import wilson
from tools.evaluate.store import StoreError
from tools.evaluate.summary import Gain, Line


def line(arm: str = "smooth", length: int = 4096, task: str = "qa1", successes: int = 8) -> Line:
    return Line(
        suite="babi",
        task=task,
        length=length,
        arm=arm,
        cases=10,
        found=wilson(successes, 10),
        strict=wilson(successes, 10),
        place=None,
        near=None,
        false_clues=None,
        premature=wilson(0, 10),
        refused=wilson(0, 10),
        read=length,
        decoded=40,
        seconds=length / 100,
    )


def test_the_table_holds_every_figure_and_says_what_was_not_run() -> None:
    console = Console(width=220, record=True, file=io.StringIO())
    sheet = table.results([line(), line("full", 500)], {"full": 16_384})
    console.print(sheet.rich())
    for text in (console.export_text(), sheet.markdown()):
        assert "80.0 [49.0, 94.3]" in text
        assert "4k" in text
        assert "500" in text
        assert "Not run on longer texts: full to 16k tokens." in text
    *_, smooth, full = sheet.markdown().rstrip().splitlines()
    assert smooth.startswith("| babi | qa1 | 4k | smooth | 10 | 80.0 [49.0, 94.3] |")
    assert full.startswith("| babi | qa1 | 500 | full | 10 |")
    assert smooth.count("|") == full.count("|") == 16


def test_differences_carry_their_sign() -> None:
    console = Console(width=220, record=True, file=io.StringIO())
    gain = Gain("babi", "qa1", 4096, "smooth", "reset", wilson(3, 10), wilson(0, 10))
    console.print(table.differences([gain]).rich())
    assert "+30.0 [" in console.export_text()


@pytest.mark.parametrize(("text", "value"), [("4k", 4096), ("64K", 65_536), ("1m", 1_048_576), ("500", 500)])
def test_lengths_as_people_write_them(text: str, value: int) -> None:
    assert tokens(text) == value
    assert text.lower() == "1m" or table.tokens(value) == text.lower()


@pytest.mark.parametrize("text", ["", "4 k", "k", "0", "-4k", "4kb"])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no length"):
        tokens(text)


def test_plots_are_drawn_for_every_arm_and_come_out_the_same(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    lines = [line(arm, length) for arm in ("smooth", "full") for length in (4096, 16_384)]
    first = [path.read_bytes() for path in plots.draw(lines, tmp_path / "a")]
    again = [path.read_bytes() for path in plots.draw(lines[::-1], tmp_path / "b")]
    assert first == again
    changed = [path.read_bytes() for path in plots.draw([line(successes=1), *lines[1:]], tmp_path / "c")]
    assert changed[0] != first[0]


def test_nothing_to_draw_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nothing to draw"):
        plots.draw([], tmp_path)
