"""A str is text, never a path; one that looks like a path is most likely a mistake, and is refused."""

import re
from pathlib import Path

from smoothread_agent.errors import SourceError
from smoothread_agent.sources.formats import READABLE_SUFFIXES

_LONGEST = 1024
_ROOTED = re.compile(r"(~?/|\.\.?[/\\]|~$|[A-Za-z]:[/\\]|\\\\)\S*")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")


def refuse_path(text: str, look: bool) -> None:
    """Refuse a text that is a path or an address and nothing else. No file is opened.

    Args:
        text: what may be one.
        look: whether to ask the file system if a file of this name exists.

    Raises:
        SourceError: it has one line and is an address; or it has no white space and begins like a path or
            ends like a readable file's name; or (with `look`) it names an existing file or folder.
    """
    line = text.strip()
    if not line or len(line) > _LONGEST or "\n" in line or "\r" in line:
        return
    if _ADDRESS.fullmatch(line):
        raise SourceError(
            f"{line!r} is an address, and nothing is fetched here: get the page and pass its bytes"
        )
    if _looks_like_path(line) or (look and _exists(line)):
        raise SourceError(
            f"the text {line!r} looks like a path, and a str is never opened: pass pathlib.Path({line!r}) to "
            "read the file, or Source(...) of smoothread_agent.sources to read these very words"
        )


def _looks_like_path(line: str) -> bool:
    if any(character.isspace() for character in line):
        return False
    return bool(_ROOTED.fullmatch(line)) or any(line.lower().endswith(suffix) for suffix in READABLE_SUFFIXES)


def _exists(line: str) -> bool:
    try:
        return Path(line).exists()
    except (OSError, ValueError):  # too long for a name, or no name at all
        return False
