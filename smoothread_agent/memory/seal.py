"""The format: sealed documents (typed values as JSON with format, kind and digest), and the marker of a store."""

import json
from typing import Any, TypeVar

from pydantic import ValidationError

from smoothread_agent.memory.chain import digest
from smoothread_agent.memory.entries import Kind
from smoothread_agent.memory.errors import DamagedMemoryError, MemoryStoreError
from smoothread_agent.memory.files import Files
from smoothread_agent.schema import Value

FORMAT = 1
"""Version of the layout of a store. A store of another version is never read as if it were this one."""
MAX_MANIFEST = 64 * 2**20
"""Bytes of a manifest at the most: 64 MiB hold the digests of about 900,000 chunks."""

_MARKER, _MARKED = "smoothread-store.json", b'{"smoothread store format": %d}' % FORMAT

Sealed = TypeVar("Sealed", bound=Value)


def seal(value: Value, kind: Kind) -> bytes:
    """`value` as a sealed document."""
    body = value.model_dump(mode="json")
    document = {"format": FORMAT, "kind": kind, "sha256": _digest(body), "body": body}
    return json.dumps(document, indent=1).encode()


def unseal(data: bytes, kind: Kind, expected: type[Sealed]) -> Sealed:
    """The value that `seal` wrote.

    Raises:
        DamagedMemoryError: it is truncated, changed, of another kind, or of another format.
    """
    try:
        document = json.loads(data)
        form, found = document["format"], document["kind"]
        claimed, body = document["sha256"], document["body"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DamagedMemoryError(f"the manifest is truncated or damaged ({error!r})") from error
    if form != FORMAT:
        raise DamagedMemoryError(
            f"the manifest is of format {form!r}, and this version of the package reads {FORMAT}"
        )
    if found != kind:
        raise DamagedMemoryError(f"the manifest is one of a {found}, not of a {kind}")
    if claimed != _digest(body):
        raise DamagedMemoryError("the manifest does not have the digest that it names: it was changed")
    try:
        return expected.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]["msg"]
        raise DamagedMemoryError(f"the manifest holds values that no {kind} has: {first}") from error


def is_marked(files: Files) -> bool:
    """Whether a store of this format was made at the root of `files`; none may have been made yet.

    Raises:
        MemoryStoreError: there is a store of another format.
    """
    try:
        marker = files.read(_MARKER, limit=4096)
    except FileNotFoundError:
        return False
    if marker != _MARKED:
        raise MemoryStoreError(
            f"{files.root} is a store of another format ({marker[:80]!r}, here {_MARKED!r}): open it with the version "
            "of the package that wrote it, or give another folder"
        )
    return True


def mark(files: Files) -> None:
    """Say at the root of `files` that a store of this format lies there."""
    files.write(_MARKER, _MARKED)


def _digest(body: Any) -> str:
    return digest(json.dumps(body, sort_keys=True, separators=(",", ":")).encode())
