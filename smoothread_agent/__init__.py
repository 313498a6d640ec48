"""Reads long sources with a recurrent LLM, chunk by chunk, and keeps what it read."""

from typing import TYPE_CHECKING, Any

from smoothread_agent.errors import (
    GrammarError,
    MemoryMismatchError,
    ModelError,
    RequestError,
    SmoothReadError,
    SourceError,
)
from smoothread_agent.schema import (
    ChunkSummary,
    Clue,
    Coverage,
    ReadingResult,
    ReadingStep,
    ReadRequest,
    Reuse,
    SourceInfo,
    SourceReading,
    StopSignal,
    Usage,
)
from smoothread_agent.version import __version__

if TYPE_CHECKING:
    from smoothread_agent.memory.store import MemoryStore
    from smoothread_agent.reader import SmoothReader
    from smoothread_agent.reading.policy import Limits, StopPolicy, Thresholds

__all__ = [
    "ChunkSummary",
    "Clue",
    "Coverage",
    "GrammarError",
    "Limits",
    "MemoryMismatchError",
    "MemoryStore",
    "ModelError",
    "ReadRequest",
    "ReadingResult",
    "ReadingStep",
    "RequestError",
    "Reuse",
    "SmoothReadError",
    "SmoothReader",
    "SourceError",
    "SourceInfo",
    "SourceReading",
    "StopPolicy",
    "StopSignal",
    "Thresholds",
    "Usage",
    "__version__",
]

_LATER = {
    "SmoothReader": "smoothread_agent.reader",
    "MemoryStore": "smoothread_agent.memory.store",
    "Limits": "smoothread_agent.reading.policy",
    "StopPolicy": "smoothread_agent.reading.policy",
    "Thresholds": "smoothread_agent.reading.policy",
}


def __getattr__(name: str) -> Any:
    """Import what needs torch when it is asked for: importing the package stays quick."""
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
