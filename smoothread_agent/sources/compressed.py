"""Gzip, as Debian packs its documentation: unpacked within a bound, for a small file can hold gigabytes."""

import gzip
import io
import zlib

from smoothread_agent.errors import SourceError
from smoothread_agent.sources.refusals import TooLargeError

MAGIC = b"\x1f\x8b\x08"


def gunzip(data: bytes, name: str, limit: int) -> bytes:
    """The unpacked bytes, at most `limit` of them.

    Raises:
        TooLargeError: there are more.
        SourceError: the data is damaged or cut off.
    """
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            unpacked = packed.read(limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"{name} is a damaged or incomplete gzip file ({error}): get it again") from error
    if len(unpacked) > limit:
        raise TooLargeError(name, limit)
    return unpacked
