"""The plain text form of a page: paragraphs, headings, lists, tables and code, told apart by their layout.

Paragraphs are set apart by a blank line. A heading of level n begins with n `#`. A list's items begin with
`- ` or their number and are indented by their depth. A table's row is a line with ` | ` between the cells; a
row whose cells hold paragraphs of their own (a table used for layout) is set as those paragraphs.
Preformatted text keeps its white space. No-break spaces become spaces; soft hyphens and zero-width spaces,
which only allow a line to be broken, are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from smoothread_agent.sources.flow import Flow, OpenList

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")

# fmt: off
_PARAGRAPHS = frozenset((
    "p", "blockquote", "hr", "figure", "fieldset", "table", "caption", "pre", "dl", "ul", "ol", *HEADINGS,
))
_LINES = frozenset((
    "address", "article", "aside", "body", "center", "dd", "details", "div", "figcaption", "footer", "form",
    "header", "html", "legend", "li", "main", "nav", "section", "summary",
))
# fmt: on
_INVISIBLE = {0xA0: " ", 0xAD: None, 0x200B: None}
_ROW_LINES = 3
"""A cell of more lines than this is no longer set as a part of one line."""


@dataclass
class _Table:
    """A table under way: the cells of its open row, and the cell that is open."""

    row: list[str] = field(default_factory=list)
    cell: Flow | None = None


class Layout:
    """Takes a page's elements in order and lays out its text. Every `open` is followed by its `close`.

    The page may be sloppy: cells and rows that were never closed, and so lie within each other, end where the
    next one of the same table begins, as in a browser.
    """

    def __init__(self) -> None:
        self._flows = [Flow()]
        self._tables: list[_Table] = []
        self._cells: list[Flow | None] = []
        self._verbatim: list[str] = []
        self._pre = 0

    @property
    def text(self) -> str:
        """All that was laid out."""
        return self._flow.text

    def write(self, text: str) -> None:
        """Take the text of an element."""
        text = text.translate(_INVISIBLE)
        if self._pre:
            self._verbatim.append(text)
        else:
            self._flow.write(text)

    def open(self, tag: str, attributes: Mapping[str, Any]) -> None:
        """Begin an element."""
        if tag == "pre":
            self._pre += 1
        elif self._pre:
            self._verbatim.append("\n" if tag == "br" else "")
        elif tag == "br":
            self._flow.break_line()
        elif tag == "q":
            self._flow.write("“")
        elif tag in ("td", "th"):
            self._open_cell()
        elif tag == "tr":
            self._end_row()
        elif tag in ("li", "dt", "dd"):
            self._open_item(tag, attributes)
        else:
            self._open_block(tag, attributes)

    def close(self, tag: str) -> None:
        """End the element opened last."""
        if tag == "pre":
            self._pre -= 1
        if self._pre or tag == "br":
            return
        if tag == "pre":
            self._flow.add_block("".join(self._verbatim).strip("\n").rstrip(), gap=2)
            self._verbatim.clear()
        elif tag == "q":
            self._flow.write("”")
        elif tag in ("td", "th"):
            self._close_cell()
        elif tag == "tr":
            self._end_row()
        else:
            self._close_block(tag)

    @property
    def _flow(self) -> Flow:
        return self._flows[-1]

    def _open_block(self, tag: str, attributes: Mapping[str, Any]) -> None:
        self._break_at(tag)
        if tag in HEADINGS:
            self._flow.marker += "#" * int(tag[1]) + " "
        elif tag == "ol":
            self._flow.lists.append(OpenList(_number(attributes.get("start"), 1)))
        elif tag == "ul":
            self._flow.lists.append(OpenList(None))
        elif tag == "table":
            self._tables.append(_Table())

    def _close_block(self, tag: str) -> None:
        if tag in ("ul", "ol"):
            self._flow.lists.pop()
        elif tag == "table":
            self._end_row()
            self._tables.pop()
        elif tag in ("li", "dd") or tag in HEADINGS:
            self._flow.end_item()
        self._break_at(tag)

    def _break_at(self, tag: str) -> None:
        if tag in ("ul", "ol") and self._flow.lists:
            self._flow.break_(1)  # a list within a list follows its item closely
        elif tag in _PARAGRAPHS:
            self._flow.break_(2)
        elif tag in _LINES:
            self._flow.break_(1)

    def _open_item(self, tag: str, attributes: Mapping[str, Any]) -> None:
        flow = self._flow
        if tag == "dt":
            flow.break_(1 if flow.term else 2)
        elif tag == "dd":
            flow.begin_item(gap=1)
        else:
            here = flow.lists[-1] if flow.lists else OpenList(None)
            marker = "- "
            if here.number is not None:
                number = _number(attributes.get("value"), here.number)
                marker, here.number = f"{number}. ", number + 1
            flow.begin_item(
                1 if here.begun else max(1, flow.gap), "  " * max(0, len(flow.lists) - 1) + marker
            )
            here.begun = True
        flow.term = tag == "dt"

    def _open_cell(self) -> None:
        if self._tables:
            self._end_cell()
            self._tables[-1].cell = Flow()
            self._flows.append(self._tables[-1].cell)
        else:
            self._flow.break_(1)
        self._cells.append(self._tables[-1].cell if self._tables else None)

    def _close_cell(self) -> None:
        cell = self._cells.pop()
        if cell is not None and self._tables and self._tables[-1].cell is cell:
            self._end_cell()

    def _end_cell(self) -> None:
        table = self._tables[-1]
        if table.cell is not None:
            table.row.append(self._flows.pop().text)
            table.cell = None

    def _end_row(self) -> None:
        if not self._tables:
            return
        self._end_cell()
        cells, self._tables[-1].row = self._tables[-1].row, []
        while cells and not cells[-1]:
            cells.pop()
        if all(cell.count("\n") < _ROW_LINES and "\n\n" not in cell for cell in cells):
            self._flow.add_block(" | ".join(cell.replace("\n", " ") for cell in cells), gap=1)
        else:
            for cell in cells:
                self._flow.add_block(cell, gap=2)


def _number(value: Any, default: int) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return default
