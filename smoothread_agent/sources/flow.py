"""A flow of lines under way: white space that collapses, newlines that are owed, items that carry a mark."""

import re
from dataclasses import dataclass, field

_SPACES = re.compile(r"[ \t\n\r\f]+")


@dataclass
class OpenList:
    """A list whose items are being written."""

    number: int | None
    """The next item's number; none for a list without numbers."""
    begun: bool = False


@dataclass
class Flow:
    """Lines under way: those of a page, or of one cell of a table."""

    parts: list[str] = field(default_factory=list)
    lists: list[OpenList] = field(default_factory=list)
    """The lists that are open, the innermost last."""
    gap: int = 0
    """Newlines owed before the next text."""
    fresh: bool = False
    """An item was just opened: what opens in it adds no newlines to the item's own."""
    space: bool = False
    """White space was seen and not yet written."""
    marker: str = ""
    """What the next line begins with: an item's or a heading's mark."""
    term: bool = False
    """A term to be defined was the last thing opened."""

    @property
    def text(self) -> str:
        """What was written so far."""
        return "".join(self.parts).strip("\n")

    def break_(self, gap: int) -> None:
        """Owe at least `gap` newlines."""
        self.space = False
        if not self.fresh:
            self.gap = max(self.gap, gap)

    def break_line(self) -> None:
        """Owe one newline more, two at the most: a second `<br>` ends the paragraph."""
        self.break_(min(2, self.gap + 1))

    def begin_item(self, gap: int, marker: str = "") -> None:
        """Begin an item that keeps exactly `gap` newlines' distance, whatever was owed."""
        self.gap, self.fresh, self.space, self.marker = gap, True, False, marker

    def end_item(self) -> None:
        """End an item; one without text leaves no mark behind."""
        self.fresh, self.marker = False, ""

    def write(self, text: str) -> None:
        """Append running text, in which any white space is one space."""
        text = _SPACES.sub(" ", text)
        at_start = bool(self.gap) or not self.parts
        if text.startswith(" ") and not at_start:
            self.space = True
        if body := text.strip(" "):
            self._append(body, "  " * len(self.lists))
            self.space = text.endswith(" ")

    def add_block(self, text: str, gap: int) -> None:
        """Append lines as they stand, `gap` newlines away from what is before and after them."""
        if text.strip():
            self.break_(gap)
            self._append(text)
            self.break_(gap)

    def _append(self, text: str, indent: str = "") -> None:
        if self.gap or not self.parts:
            if self.parts:
                self.parts.append("\n" * self.gap)
            self.parts.append(self.marker or indent)
        elif self.space:
            self.parts.append(" ")
        self.parts.append(text)
        self.gap, self.fresh, self.space, self.marker = 0, False, False, ""
