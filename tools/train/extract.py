"""Plain text out of the forms in which documentation is installed: HTML, manual pages, POD, info, text."""

import gzip
import re
from html.parser import HTMLParser
from pathlib import Path

_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "br", "caption", "dd", "div", "dl", "dt", "figcaption",
    "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "item", "li", "listing", "note", "ol",
    "p", "page", "pre", "screen", "section", "steps", "table", "tbody", "td", "terms", "th", "thead",
    "title", "tr", "ul",
})  # fmt: skip
_SKIPPED = frozenset({
    "button", "credit", "footer", "form", "head", "header", "info", "license", "link", "nav", "script",
    "select", "style", "svg",
})  # fmt: skip
_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
})  # fmt: skip
_CONTAINERS = frozenset({"a", "div", "nav", "ol", "span", "table", "ul"})
_ENGLISH = frozenset({
    "the", "of", "and", "to", "a", "in", "is", "for", "that", "be", "with", "are", "this", "as", "it",
    "on", "not", "or", "by", "if", "can", "from", "you", "an", "which",
})  # fmt: skip


def read_text(path: Path) -> str:
    """The decoded text of a file, gzip or not; undecodable bytes are dropped."""
    data = path.read_bytes()
    if path.suffix in {".gz", ".dz"}:
        data = gzip.decompress(data)
    return data.decode("utf-8", "ignore")


def plain_text(path: Path) -> str:
    """The text of a documentation file as a person would read it: markup off, paragraphs kept apart."""
    raw = read_text(path)
    name = path.name.removesuffix(".gz")
    suffix = Path(name).suffix
    if suffix in {".html", ".xhtml", ".htm", ".page"}:
        return tidy(from_html(raw))
    if suffix == ".pod":
        return tidy(from_pod(raw))
    if ".info" in name:
        return tidy(from_info(raw))
    if re.fullmatch(r"\.[1-8][a-z0-9]*", suffix) and re.search(r"^[.'](TH|SH|Dd)\b", raw, re.MULTILINE):
        return tidy(from_man(raw))
    return tidy(raw)


def is_english(text: str) -> bool:
    """Whether English function words make up a share of the words that only English prose has."""
    words = re.findall(r"[^\W\d_]+", text[:40_000].lower())
    foreign = sum(not word.isascii() for word in words)
    common = sum(word in _ENGLISH for word in words)
    return len(words) > 60 and common > 0.16 * len(words) and foreign < 0.02 * len(words)


def tidy(text: str) -> str:
    """No control characters, no trailing blanks, at most one empty line in a row."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4).replace("\xa0", " ")
    text = re.sub(r"[^\n -\x7e\x80-\U0010ffff]|[\u200b\ufeff\u00ad]", "", text)
    text = re.sub(r"[ ]+$", "", text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


_NAVIGATION = re.compile(
    r"navigation|related|sidebar|navheader|navfooter|headerlink|toctree|\btoc\b|footer|menu"
)


class _HtmlText(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.skipped: list[str] = []
        """The open elements inside one that is left out, itself included."""
        self.preformatted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            if tag in {"br", "hr"}:
                self.pieces.append("\n")
            return
        role = " ".join(value or "" for name, value in attrs if name in {"class", "role"})
        if self.skipped or tag in _SKIPPED or (tag in _CONTAINERS and _NAVIGATION.search(role)):
            self.skipped.append(tag)
            return
        if tag in {"pre", "screen", "listing"}:
            self.preformatted += 1
        if tag == "li":
            self.pieces.append("\n\n- ")
        elif tag in _BLOCKS:
            self.pieces.append("\n" if tag in {"td", "th", "dd"} else "\n\n")

    def handle_endtag(self, tag: str) -> None:
        if self.skipped:
            if tag in self.skipped:  # end tags may be left out: whatever stood inside is closed, too
                while self.skipped.pop() != tag:
                    pass
            return
        if tag in {"pre", "screen", "listing"}:
            self.preformatted = max(0, self.preformatted - 1)
        if tag in _BLOCKS and tag != "br":
            self.pieces.append("\n" if tag in {"td", "th", "dt"} else "\n\n")

    def handle_data(self, data: str) -> None:
        if not self.skipped:
            self.pieces.append(data if self.preformatted else re.sub(r"\s+", " ", data))


def from_html(raw: str) -> str:
    """Text of an HTML or Mallard page: a paragraph is one line, navigation and scripts are left out."""
    parser = _HtmlText()
    # A link in a page's head stands alone in HTML and has an end tag in Mallard; neither holds text.
    parser.feed(re.sub(r"<link\b[^>]*>|</link>", "", raw))
    text = "".join(parser.pieces).replace("¶", "")
    text = re.sub(r"\n +(?=\S)", lambda match: match.group() if "    " in match.group() else "\n", text)
    text = re.sub(r"^-\s+(?:-\s+)*", "- ", text, flags=re.MULTILINE)
    return re.sub(r"^- *$", "", text, flags=re.MULTILINE)


def from_pod(raw: str) -> str:
    """Text of Perl's documentation markup."""
    raw = re.sub(r"^=(?:over|back|cut|pod|begin|end|for|encoding).*$", "", raw, flags=re.MULTILINE)
    raw = re.sub(r"^=(?:head\d|item) ?", "", raw, flags=re.MULTILINE)
    for _ in range(3):  # formatting codes nest
        raw = re.sub(r"\b[BCEFILSXZ](?:<<+ (.*?) >>+|<([^<>]*)>)", _pod_code, raw, flags=re.DOTALL)
    return raw


def _pod_code(match: re.Match[str]) -> str:
    inside = match.group(1) or match.group(2) or ""
    if match.group()[0] in "XZ":
        return ""
    if match.group()[0] == "E":
        return {"lt": "<", "gt": ">", "sol": "/", "verbar": "|"}.get(inside, "")
    if match.group()[0] == "L":
        return inside.split("|")[0].strip("/").replace("/", " in ")
    return inside


def from_info(raw: str) -> str:
    """Text of an info file: nodes without their headers and menus."""
    nodes = re.split(r"\x1f\n?", raw)
    kept = []
    for node in nodes[1:]:
        if node.startswith(("Tag Table", "Indirect", "End Tag Table", "Local Variables")):
            continue
        body = node.partition("\n")[2]
        body = re.sub(r"^\* Menu:.*", "", body, flags=re.DOTALL | re.MULTILINE)
        body = re.sub(r"^(?:\*|=|-|\.){4,}\s*$", "", body, flags=re.MULTILINE)
        body = re.sub(r"\*[Nn]ote\s+([^:]{2,60}?)(?:::|:\s[^.,]{2,60}[.,])", r"\1", body)
        kept.append(re.sub(r"\x00\x08\[.*?\x00\x08\]", "", body, flags=re.DOTALL))
    return "\n\n".join(kept)


_MAN_TEXT = {
    r"\-": "-", r"\&": "", r"\e": "\\", r"\(bu": "-", r"\(em": " - ", r"\(en": "-", r"\(aq": "'",
    r"\(lq": '"', r"\(rq": '"', r"\(oq": "'", r"\(cq": "'", r"\(co": "(c)", r"\(dq": '"', r"\~": " ",
    r"\^": "", r"\/": "", r"\,": "", r"\:": "", r"\%": "", r"\c": "", r"\'": "'", r"\`": "`", r"\0": " ",
    r"\ ": " ", r"\|": "",
}  # fmt: skip


def from_man(raw: str) -> str:
    """Text of a manual page in man(7) macros, near enough for reading; mdoc(7) gives an empty text."""
    if re.search(r"^\.Dd\b", raw, re.MULTILINE):
        return ""
    out: list[str] = []
    tag_follows = preformatted = False
    for line in raw.split("\n"):
        if line.startswith(('.\\"', "'\\\"", "'br", "'\\")) or line in {".", "'"}:
            continue
        macro, _, rest = line.partition(" ") if line[:1] in {".", "'"} else ("", "", line)
        text = _roff_words(macro, rest.strip()) if macro else _roff_escapes(line)
        if macro in {".SH", ".SS", ".Sh"}:
            out.append("\n\n" + (text.title() if text.isupper() and len(text) > 14 else text) + "\n\n")
        elif macro in {".TP", ".TQ"}:
            tag_follows = True
            out.append("\n\n" if macro == ".TP" else "\n")
        elif macro in {".IP", ".HP"}:
            out.append("\n\n" + text.split("\x00")[0] + ("\n    " if text else ""))
        elif macro in {".PP", ".LP", ".P", ".sp", ".Sp"}:
            out.append("\n\n")
        elif macro in {".nf", ".EX", ".Vb", ".fi", ".EE", ".Ve"}:
            preformatted = macro in {".nf", ".EX", ".Vb"}
            out.append("\n")
        elif not macro or re.fullmatch(r"\.(B|I|BR|BI|IR|RB|RI|IB|SM|SB|UR|MT)", macro):
            end = "\n" if tag_follows or preformatted else " "
            out.append(text.replace("\x00", "") + end + ("    " if tag_follows else ""))
            tag_follows = False
        elif macro == ".br":
            out.append("\n")
    text = re.sub(r"[ ]{2,}(?=\S)", " ", "".join(out))
    return re.sub(r"\n (?=\S)", "\n  ", text)


def _roff_escapes(text: str) -> str:
    text = re.sub(r"\\f(?:\[[^]]*\]|\(..|.)|\\s[-+]?\d+|\\m\[[^]]*\]|\\\".*$|\\[hvw]'[^']*'", "", text)
    text = re.sub(r"\\\*(?:\((?:lq|rq|L\"|R\"|C\+)|\(..|.)", "", text)
    text = re.sub(r"\\\[u([0-9A-F]{4})\]", lambda match: chr(int(match.group(1), 16)), text)
    text = re.sub(r"\\\[(\w\w)\]", r"\\(\1", text)
    return re.sub(r"\\(?:\(..|.)", lambda match: _MAN_TEXT.get(match.group(), ""), text)


def _roff_words(macro: str, rest: str) -> str:
    """A macro's arguments: side by side for alternating fonts, apart for one font, marked by NUL for .IP."""
    words = [word.strip('"') for word in re.findall(r'"[^"]*"?|(?:\\ |\S)+', rest)]
    joint = "" if re.fullmatch(r"\.(BR|BI|IR|RB|RI|IB)", macro) else "\x00" if macro == ".IP" else " "
    return _roff_escapes(joint.join(words))
