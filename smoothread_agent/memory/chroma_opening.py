"""Opening Chroma: the lock of an embedded folder, the client, and an embedding function that refuses to work."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from filelock import FileLock, Timeout

from smoothread_agent.memory.errors import IndexUnavailableError, MemoryStoreError, StoreBusyError

WAY_OUT = (
    "open it once and share the object, or run a server (`chroma run --path {path}`) and give every process "
    "ChromaIndex(host=..., port=...)"
)
"""Of two openings of one folder."""


def locked(path: Path) -> FileLock:
    """The lock of an embedded folder, which lies beside it: the folder itself may be deleted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{path}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise StoreBusyError(
            f"the index {path} is open already, here or in another process, and Chroma's files bear one opening alone: "
            + WAY_OUT.format(path=path)
        ) from error
    except OSError as error:
        raise IndexUnavailableError(f"the index {path} cannot be locked: {error}") from error
    return lock


def opened(path: Path | None, host: str | None, port: int, options: Mapping[str, Any]) -> Any:
    """A Chroma client: embedded in the folder `path`, else of the server at `host`."""
    try:
        import chromadb
        from chromadb.config import Settings
    except ImportError as error:
        raise MemoryStoreError("an index needs chromadb: pip install 'smoothread-agent[memory]'") from error
    settings = Settings(anonymized_telemetry=False)
    try:
        if path is not None:
            return chromadb.PersistentClient(path=str(path), settings=settings)
        return chromadb.HttpClient(host=cast(str, host), port=port, settings=settings, **options)
    except Exception as error:
        where = path if path is not None else f"{host}:{port}"
        raise IndexUnavailableError(f"the Chroma index {where} cannot be opened: {error}") from error


def refusing() -> Any:
    """An embedding function that refuses: without one, Chroma would fetch a model when it is given no vectors."""
    from chromadb.api.types import EmbeddingFunction

    class Refusing(EmbeddingFunction[Any]):
        def __init__(self) -> None:
            pass

        def __call__(self, input: Any) -> Any:
            raise MemoryStoreError("Chroma was asked to embed: vectors are made before it is called")

        @staticmethod
        def name() -> str:
            return "smoothread-refusing"

        def get_config(self) -> dict[str, Any]:
            return {}

        @staticmethod
        def build_from_config(config: dict[str, Any]) -> Any:
            return Refusing()

    return Refusing()
