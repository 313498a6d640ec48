"""LangChain's Documents and Blobs, known by their fields: nothing of LangChain is imported."""

from typing import Any

from smoothread_agent.sources.source import Page, Source


def is_document(value: Any) -> bool:
    """Whether `value` has a Document's fields."""
    return isinstance(getattr(value, "page_content", None), str) and hasattr(value, "metadata")


def is_blob(value: Any) -> bool:
    """Whether `value` has a Blob's fields."""
    return all(hasattr(value, field) for field in ("data", "path", "mimetype"))


def document_source(document: Any, name: str | None) -> Source:
    """A Document's content as it stands, with its page if the metadata tells one.

    Its name is its `title` or else its `source`. Loaders of PDFs count pages from 0 under `page` (LangChain's
    convention) or from 1 under `page_number`; both become the number from 1.
    """
    metadata = document.metadata or {}
    name = name or str(metadata.get("source") or metadata.get("title") or "") or "document"
    number = _page_number(metadata)
    pages = () if number is None else (Page(0, number),)
    return Source(document.page_content, name, pages=pages)


def _page_number(metadata: Any) -> int | None:
    for key, first in (("page_number", 1), ("page", 0)):
        number = metadata.get(key)
        if isinstance(number, int) and not isinstance(number, bool) and number >= first:
            return number - first + 1
    return None
