"""The project's own errors: each says what was wrong and what to do, and keeps its cause."""


class SmoothReadError(Exception):
    """Root of every error that this package raises on purpose."""


class SourceError(SmoothReadError):
    """A source cannot be read: missing, empty, binary, badly encoded, or outside the allowed folders."""


class ModelError(SmoothReadError):
    """A model cannot be found, loaded, converted or used as a recurrent reader."""


class MemoryMismatchError(ModelError):
    """A hidden memory does not belong to the model that is asked to go on from it."""


class RequestError(SmoothReadError, ValueError):
    """A request cannot be served as it stands: an empty task, a chunk too large for the window, ..."""


class GrammarError(SmoothReadError):
    """Constrained decoding failed: the grammar was refused, or the model left it."""
