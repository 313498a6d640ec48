"""What can go wrong with stored memory. None of it need end a reading: whatever is lost can be read again."""

from smoothread_agent.errors import SmoothReadError


class MemoryStoreError(SmoothReadError):
    """A store cannot be opened, read or written."""


class MemoryStoreWarning(UserWarning):
    """A store failed, and the reading goes on without it. Given once a reading; the log has the rest."""


class DamagedMemoryError(MemoryStoreError):
    """A stored file is not what its manifest says: truncated, changed, swapped, or of another format."""


class StoreFullError(MemoryStoreError):
    """There is no room: the disk is full, or one checkpoint alone is larger than the quota."""


class StoreBusyError(MemoryStoreError):
    """An embedded index is open elsewhere, or was opened before a fork."""


class IndexUnavailableError(MemoryStoreError):
    """The index cannot be reached, or is damaged. The files are unaffected: it can be rebuilt from them."""
