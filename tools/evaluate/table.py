"""The tables at the end of a run."""

from collections.abc import Iterable, Mapping

from rich.table import Table

from tools.evaluate.estimate import Estimate
from tools.evaluate.summary import Gain, Line


def results(lines: Iterable[Line], longest: Mapping[str, int]) -> Table:
    """Every line: shares in per cent with their 95 % intervals, costs as means a case."""
    limits = ", ".join(f"{arm} to {tokens(length)} tokens" for arm, length in sorted(longest.items()))
    table = Table(title="Results", caption=f"Not run on longer texts: {limits}." if limits else None)
    for heading in ("suite", "task", "length", "arm"):
        table.add_column(heading)
    for heading in ("cases", "found %", "strict %", "place %", "false/100", "early %", "refused %"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("read", "decoded", "s"):
        table.add_column(heading, justify="right")
    before: tuple[str, str, int] | None = None
    for line in lines:
        group = (line.suite, line.task, line.length)
        if before is not None and group != before:
            table.add_section()
        before = group
        table.add_row(
            line.suite,
            line.task,
            tokens(line.length),
            line.arm,
            str(line.cases),
            percent(line.found),
            percent(line.strict),
            percent(line.place),
            interval(line.false_clues, 1.0, 2),
            percent(line.premature),
            percent(line.refused),
            f"{line.read:,.0f}",
            f"{line.decoded:,.0f}",
            f"{line.seconds:,.1f}",
        )
    return table


def differences(gains: Iterable[Gain]) -> Table:
    """What one arm gains over the others on the same cases, in points."""
    table = Table(title="Gains on the same cases, in points")
    for heading in ("suite", "task", "length", "arm", "over"):
        table.add_column(heading)
    for heading in ("cases", "found", "strict"):
        table.add_column(heading, justify="right", no_wrap=True)
    for gain in gains:
        table.add_row(
            gain.suite,
            gain.task,
            tokens(gain.length),
            gain.arm,
            gain.over,
            str(gain.found.n),
            interval(gain.found, 100.0, 1, sign="+"),
            interval(gain.strict, 100.0, 1, sign="+"),
        )
    return table


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
