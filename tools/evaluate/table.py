"""The tables of a run: of its figures, and of what one arm gains over the others. For a terminal, and in Markdown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rich.table import Table

from tools.evaluate.estimate import Estimate
from tools.evaluate.summary import Gain, Line


@dataclass(frozen=True)
class Sheet:
    """A table as plain text.

    Attributes:
        words: headings of the columns that hold words, which come first.
        figures: headings of the columns that hold figures.
        groups: rows that belong together: all cells of each as text.
        caption: what stands below; nothing where it is empty.
    """

    title: str
    words: tuple[str, ...]
    figures: tuple[str, ...]
    groups: list[list[list[str]]]
    caption: str = ""

    def rich(self) -> Table:
        """The table for a terminal."""
        table = Table(title=self.title, caption=self.caption or None)
        for heading in self.words:
            table.add_column(heading)
        for heading in self.figures:
            table.add_column(heading, justify="right", no_wrap=True)
        for group in self.groups:
            for row in group:
                table.add_row(*row)
            table.add_section()
        return table

    def markdown(self) -> str:
        """The table in Markdown."""
        heads = [*self.words, *self.figures]
        rules = ["---"] * len(self.words) + ["---:"] * len(self.figures)
        rows = [heads, rules, *(row for group in self.groups for row in group)]
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        return "\n".join([f"**{self.title}.** {self.caption}".strip(), "", *lines, ""])


def results(lines: Iterable[Line], longest: Mapping[str, int]) -> Sheet:
    """Every line: shares in per cent with their 95 % intervals, costs as means a case."""
    groups: dict[tuple[str, str, int], list[list[str]]] = {}
    for line in lines:
        groups.setdefault((line.suite, line.task, line.length), []).append(
            [
                line.suite,
                line.task,
                tokens(line.length),
                line.arm,
                str(line.cases),
                percent(line.found),
                percent(line.strict),
                percent(line.place),
                percent(line.near),
                interval(line.false_clues, 1.0, 2),
                percent(line.premature),
                percent(line.refused),
                f"{line.read:,.0f}",
                f"{line.decoded:,.0f}",
                f"{line.seconds:,.1f}",
            ]
        )
    return Sheet(
        "Results",
        ("suite", "task", "length", "arm"),
        (
            *("cases", "found %", "strict %", "place %", "near %", "false/100", "early %", "refused %"),
            *("read", "decoded", "s"),
        ),
        list(groups.values()),
        _limits(longest),
    )


def _limits(longest: Mapping[str, int]) -> str:
    limits = ", ".join(f"{arm} to {tokens(length)} tokens" for arm, length in sorted(longest.items()))
    return f"Not run on longer texts: {limits}." if limits else ""


def differences(gains: Iterable[Gain]) -> Sheet:
    """What one arm gains over the others on the same cases, in points."""
    rows = [
        [
            gain.suite,
            gain.task,
            tokens(gain.length),
            gain.arm,
            gain.over,
            str(gain.found.n),
            interval(gain.found, 100.0, 1, sign="+"),
            interval(gain.strict, 100.0, 1, sign="+"),
        ]
        for gain in gains
    ]
    return Sheet(
        "Gains on the same cases, in points",
        ("suite", "task", "length", "arm", "over"),
        ("cases", "found", "strict"),
        [rows],
    )


def percent(estimate: Estimate | None) -> str:
    """A share in per cent with its interval."""
    return interval(estimate, 100.0, 1)


def interval(estimate: Estimate | None, scale: float, digits: int, sign: str = "") -> str:
    """A mean with its interval, as `80.0 [49.0, 94.3]`; a dash for none."""
    if estimate is None:
        return "-"
    low, high = estimate.low * scale, estimate.high * scale
    return f"{estimate.mean * scale:{sign}.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def tokens(length: int) -> str:
    """A length as people write it: 4k, 64k, 500; a dash where the text has its own."""
    if not length:
        return "-"
    return f"{length // 1024}k" if length % 1024 == 0 else f"{length:,}"
