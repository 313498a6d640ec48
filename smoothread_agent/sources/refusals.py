"""Two refusals that callers may want to tell apart: they are mended without another source."""

from smoothread_agent.errors import SourceError


class MissingExtraError(SourceError):
    """The format needs a package that is not installed; the message names the extra that brings it."""

    def __init__(self, name: str, format_: str, package: str, extra: str) -> None:
        super().__init__(
            f"{name} is {format_}, and reading it needs {package}: pip install 'smoothread-agent[{extra}]'"
        )


class TooLargeError(SourceError):
    """The source is larger than `max_size`, packed or unpacked."""

    def __init__(self, name: str, limit: int) -> None:
        super().__init__(
            f"{name} is larger than {limit:,} bytes: hand in a part of it, or pass a larger max_size"
        )
