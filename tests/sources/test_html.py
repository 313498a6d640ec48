import warnings
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smoothread_agent.errors import SourceError
from smoothread_agent.sources import MissingExtraError, load_source
from smoothread_agent.sources.html import html_source


def read(page: str | bytes, encoding: str | None = None) -> str:
    return html_source(page, "page.html", encoding).text


def test_a_page_becomes_what_a_person_would_read() -> None:
    page = """<!DOCTYPE html><html><head><title>Tides</title><style>p {color: red}</style>
    <script>var x = "<p>no</p>";</script></head><body>
    <nav><a href="/">Home</a></nav>
    <h1>Tides of Ravel<a class="headerlink" href="#t">¶</a></h1>
    <p>The  tide&nbsp;is
    42&nbsp;feet &amp; turns at <b>noon</b>.</p><!-- a comment -->
    <h2>Ports</h2><ul><li>Brest<ol start="4"><li>old</li><li>new</li></ol></li><li><p>Cork</p></li></ul>
    <pre>
  depth = 3
    if low:
</pre>
    <p hidden>secret</p><p style="display: none">secret</p><p aria-hidden="true">secret</p>
    </body></html>"""
    assert read(page) == (
        "# Tides of Ravel\n\nThe tide is 42 feet & turns at noon.\n\n## Ports\n\n"
        "- Brest\n  4. old\n  5. new\n- Cork\n\n  depth = 3\n    if low:"
    )


def test_a_table_is_a_line_a_row() -> None:
    page = "<table><caption>Ports</caption><tr><th>Port</th><th>Depth</th></tr><tr><td><p>Brest</p><td>3<br>m</table>"
    assert read(page) == "Ports\n\nPort | Depth\nBrest | 3 m"


def test_cells_and_rows_that_were_never_closed_end_where_the_next_begins() -> None:
    assert read("<table><tr><td>a<td>b<tr><td>c<td>d</table><p>after") == "a | b\nc | d\n\nafter"


def test_an_empty_cell_keeps_the_others_in_their_columns() -> None:
    assert read("<table><tr><td></td><td>b</td><td>c</td><td> </td></tr></table>") == " | b | c"


def test_a_table_used_for_layout_keeps_its_paragraphs() -> None:
    page = "<table><tr><td><p>One.</p><p>Two.</p></td><td><h2>Side</h2><p>Three.</p></td></tr></table>"
    assert read(page) == "One.\n\nTwo.\n\n## Side\n\nThree."


def test_a_table_within_a_cell_stays_whole() -> None:
    page = "<table><tr><td>x<table><tr><td>1<td>2</table></td><td>y</td></tr></table>"
    assert read(page) == "x\n\n1 | 2\n\ny"


def test_terms_stand_above_their_definitions() -> None:
    page = "<dl><dt>-e<dt>-f<dd><p>Exit.</p><p>At once.</p><dt>-g<dd>Go.</dl>"
    assert read(page) == "-e\n-f\nExit.\n\nAt once.\n\n-g\nGo."


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("10<sup>6</sup> m<sup>2</sup>", "10^6 m^2"),
        ("the 1<sup>st</sup> of CO<sub>2</sub>", "the 1st of CO2"),
        ("<q>so</q> be it", "“so” be it"),
        ("so&shy;lar super&#8203;power", "solar superpower"),
        ("one<br>two<br><br>three", "one\ntwo\n\nthree"),
        ("a <i> b </i> c<i>d</i>", "a b cd"),
        ("<pre>a<br>b <b>c\n  d</b></pre>", "a\nb c\n  d"),
        ("&lt;p&gt; is a tag", "<p> is a tag"),
        ("<ul><li></li><li>only</li></ul>", "- only"),
        ("<h2> </h2><p>text", "text"),
        ("a<!-- [if x]> no <![endif]--> <![if y]>b<![endif]>", "a b"),
        ("a <![x[ b", "a <![x[ b"),
        ("<li>stray<td>cell</td>", "- stray\ncell"),
    ],
)
def test_small_forms(page: str, text: str) -> None:
    assert read(f"<body>{page}</body>") == text


def test_the_title_stands_in_for_a_missing_heading() -> None:
    assert read("<title>Tides &amp; ports</title><p>High at noon.") == "# Tides & ports\n\nHigh at noon."
    assert read("<title>Tides</title><h3>Own</h3>High at noon.") == "### Own\n\nHigh at noon."


def test_a_page_of_navigation_alone_is_read_for_its_navigation() -> None:
    page = "<div role=navigation><a href=a>One</a></div>"
    assert read(page) == "One"
    assert read(page + "<p>Text") == "Text"


@pytest.mark.parametrize("page", ["", "  ", "<html><body><script>x</script></body></html>", "<img alt='x'>"])
def test_a_page_without_text_is_refused(page: str) -> None:
    with pytest.raises(SourceError, match=r"page\.html holds no text"):
        read(page)


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("<p>Café".encode(), None),
        ("<p>Café".encode("utf-8-sig"), None),
        ("<p>Café".encode("utf-16"), None),
        ("<meta charset=latin-1><p>Café".encode("latin-1"), None),
        (
            '<meta http-equiv="Content-Type" content="text/html; charset=ISO-8859-1"><p>Café'.encode(
                "cp1252"
            ),
            None,
        ),
        ('<?xml version="1.0" encoding="iso-8859-15"?><html><p>Café'.encode("iso-8859-15"), None),
        ("<meta charset=utf-16><p>Café".encode(), None),
        ("<meta charset=utf-8><p>Café".encode("cp1252"), "cp1252"),
    ],
)
def test_the_encoding_is_the_marks_else_the_callers_else_the_pages(data: bytes, encoding: str | None) -> None:
    assert read(data, encoding) == "Café"


def test_a_false_declaration_is_told() -> None:
    with pytest.raises(SourceError, match="not valid UTF-8: byte 0xE9"):
        read("<meta charset=utf-8><p>Café".encode("cp1252"))
    with pytest.raises(SourceError, match=r"not valid SHIFT_JIS.*the page declares shift_jis"):
        read(b"<meta charset=shift_jis><p>\xff\xfd")


def test_tags_nested_by_the_thousand_are_read() -> None:
    text = read("".join(f"<p><font>{number} " for number in range(3000)))
    assert text.startswith("0\n\n1\n\n2")
    assert text.endswith("2999")


@pytest.mark.parametrize(
    "page", ["<?xml version='1.0'?><rss><p>x</p></rss>", "http://example.org/", "x.html"]
)
def test_odd_pages_raise_no_warning(page: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read(page)


def test_without_beautifulsoup_the_extra_is_named(without_package: Callable[[str], None]) -> None:
    without_package("bs4")
    with pytest.raises(MissingExtraError, match=r"pip install 'smoothread-agent\[formats\]'"):
        load_source(b"<!doctype html><p>x", name="page.html")


TAGS = ("p", "div", "table", "tr", "td", "ul", "li", "pre", "h2", "dl", "dt", "dd", "span")
PIECES = st.lists(
    st.one_of(
        st.sampled_from([form.format(tag) for tag in TAGS for form in ("<{}>", "</{}>")]),
        st.from_regex(r"[a-z]{1,5} ?", fullmatch=True),
    )
)


@settings(deadline=None)
@given(PIECES)
def test_no_word_of_any_tag_soup_is_lost_or_moved(pieces: list[str]) -> None:
    letters = "".join(piece for piece in pieces if not piece.startswith("<")).replace(" ", "")
    text = read("<p>begin</p>" + "".join(pieces))
    assert "".join(filter(str.islower, text)) == "begin" + letters
    assert "\n\n\n" not in text
