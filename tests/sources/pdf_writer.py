"""Writes small real PDFs: each page a list of content-stream lines set in one Type 1 font."""

from collections.abc import Sequence


def shown(text: str) -> str:
    """The operator that shows `text`."""
    escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"({escaped}) Tj"


def write_pdf(pages: Sequence[Sequence[str]], widths: dict[int, int] | None = None) -> bytes:
    """A PDF of which each page shows its operators one line below the other, in 12 points.

    Args:
        pages: operators of each page (see `shown`); a page without any is blank.
        widths: the font's table of widths by code, where Helvetica's own will not do.
    """
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding"
    if widths:
        table = " ".join(str(widths.get(code, 500)) for code in range(32, 127))
        font += f" /FirstChar 32 /LastChar 126 /Widths [{table}]"
    kids = " ".join(f"{4 + 2 * index} 0 R" for index in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        font + " >>",
    ]
    for index, lines in enumerate(pages):
        body = "BT /F1 12 Tf 72 720 Td " + " 0 -16 Td ".join(lines) + " ET" if lines else ""
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * index} 0 R >>"
        )
        objects.append(f"<< /Length {len(body)} >>\nstream\n{body}\nendstream")
    out = b"%PDF-1.4\n"
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n".encode("cp1252")
    table_at = len(out)
    rows = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    return out + (
        f"xref\n0 {size}\n0000000000 65535 f \n{rows}"
        f"trailer << /Size {size} /Root 1 0 R >>\nstartxref\n{table_at}\n%%EOF\n"
    ).encode("ascii")


def text_pdf(*pages: str) -> bytes:
    """A PDF of the given texts, a page each, a line for each of their lines."""
    return write_pdf([[shown(line) for line in page.split("\n")] if page else [] for page in pages])
