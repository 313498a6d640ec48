"""HTML to the text a person would read of it. Needs BeautifulSoup: the extra `formats`."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from smoothread_agent.errors import SourceError
from smoothread_agent.sources.decoding import decode, mark_of
from smoothread_agent.sources.layout import HEADINGS, Layout
from smoothread_agent.sources.refusals import MissingExtraError
from smoothread_agent.sources.source import Source

if TYPE_CHECKING:
    from bs4 import BeautifulSoup
    from bs4.element import PageElement, Tag

MEDIA_TYPE = "text/html"

# fmt: off
_UNREAD = frozenset((
    "title", "script", "style", "template", "noscript", "svg", "math", "canvas", "iframe", "object", "audio",
    "video", "map", "button", "select", "datalist", "textarea",
))
# fmt: on
_NAVIGATION = frozenset(("navigation", "search"))
_PERMALINKS = frozenset("¶#§")
# Browsers take these labels for cp1252, because that is what such pages hold.
_LATIN = frozenset(("ascii", "us-ascii", "iso-8859-1", "iso8859-1", "iso_8859-1", "latin-1", "latin1", "l1"))
_XML_DECLARATION = re.compile(r"\s*<\?xml\b[^>]*>")
_UNDISPLAYED = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_EXPONENT = re.compile(r"[+\-−]?\d+")


def html_source(data: bytes | str, name: str, encoding: str | None = None) -> Source:
    """The readable text of a page, in the form that `Layout` gives it.

    Left out: scripts and styles, form controls, images, what is marked hidden, and navigation marked as such
    (`<nav>`, `role="navigation"`) unless the page holds nothing else. The title of a page that has no heading
    becomes its heading.

    Args:
        data: the page. Of bytes, the encoding is what a byte order mark says, else `encoding`, else what the
            page declares, else UTF-8.
        name: the source's name.
        encoding: see above.

    Raises:
        MissingExtraError: BeautifulSoup is not installed.
        SourceError: the page does not hold to its encoding, or has no text.
    """
    try:
        from bs4 import BeautifulSoup, ParserRejectedMarkup
    except ImportError as error:
        raise MissingExtraError(name, "an HTML page", "BeautifulSoup", "formats") from error
    text = data if isinstance(data, str) else _decoded(data, name, encoding)
    # A doctype in front, and no XML declaration: bs4 warns of what looks like XML, a URL or a file's name.
    text = "<!DOCTYPE html>" + _XML_DECLARATION.sub("", text, count=1)
    try:
        page = BeautifulSoup(text, "html.parser")
    except ParserRejectedMarkup:  # the standard library's parser knows no marked section but those of SGML
        page = BeautifulSoup(text.replace("<![", "&lt;!["), "html.parser")
    return Source(_rendered(page) or _rendered(page, navigation=True), name=name, media_type=MEDIA_TYPE)


def _decoded(data: bytes, name: str, encoding: str | None) -> str:
    if encoding is not None or mark_of(data):
        return decode(data, name, encoding)
    from bs4.dammit import EncodingDetector

    declared = (EncodingDetector.find_declared_encoding(data, is_html=True) or "utf-8").lower()
    if declared.startswith(("utf-16", "utf-32")):
        declared = "utf-8"  # the declaration could be read byte by byte, so it is not true
    if declared == "utf-8":
        return decode(data, name)
    try:
        return decode(data, name, "cp1252" if declared in _LATIN else declared)
    except SourceError as error:
        raise SourceError(
            f"{error} (the page declares {declared}; an encoding passed goes before it)"
        ) from error


def _rendered(page: "BeautifulSoup", navigation: bool = False) -> str:
    layout = Layout()
    if page.title and not page.find(HEADINGS):
        layout.open("h1", {})
        layout.write(page.title.get_text())
        layout.close("h1")
    _walk(page, layout, navigation)
    return layout.text


def _walk(page: "BeautifulSoup", layout: Layout, navigation: bool) -> None:
    """Lay out what is to be read. Without recursion: a page that closes no `<p>` nests by the thousand."""
    from bs4.element import NavigableString, PreformattedString, Tag

    opened: list[Tag] = [page]
    nodes: list[Iterator[PageElement]] = [iter(page.contents)]
    while nodes:
        node = next(nodes[-1], None)
        if node is None:
            nodes.pop()
            layout.close(opened.pop().name)
        elif isinstance(node, Tag):
            if _is_unread(node, navigation):
                continue
            layout.open(node.name, node.attrs)
            if node.name == "sup" and _EXPONENT.fullmatch(_sole_text(node)):
                layout.write("^")  # 10<sup>6</sup> is not 106
            opened.append(node)
            nodes.append(iter(node.contents))
        elif isinstance(node, NavigableString) and not isinstance(node, PreformattedString):  # no comments
            layout.write(node)


def _is_unread(tag: "Tag", navigation: bool) -> bool:
    if tag.name in _UNREAD or (tag.name == "a" and _sole_text(tag).strip() in _PERMALINKS):
        return True
    if not navigation and (tag.name == "nav" or tag.get("role") in _NAVIGATION):
        return True
    hidden = "hidden" in tag.attrs or tag.get("aria-hidden") == "true"
    return hidden or bool(_UNDISPLAYED.search(str(tag.get("style", ""))))


def _sole_text(tag: "Tag") -> str:
    """The text of a tag that holds one string and nothing else; of any other, nothing."""
    return (
        str(tag.contents[0]) if len(tag.contents) == 1 and getattr(tag.contents[0], "name", 0) is None else ""
    )
