"""ChromaIndex: the index in Chroma, embedded in this process or on a server. Needs the extra `memory`.

Chroma is given vectors and never asked to make any; it holds no blobs, and all of it can be deleted and built again.
Two processes that write one embedded folder corrupt it without an error, and so does a fork: so the folder is locked
for one opening at a time, and a use after a fork is refused. Several processes share a server:

    chroma run --path reading-index        and in each process       ChromaIndex(host="localhost", port=8000)

Chroma's server has no authentication of its own: let nobody reach it who may not write.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

from typing_extensions import Self

from smoothread_agent.memory.chain import digest
from smoothread_agent.memory.chroma_opening import WAY_OUT, locked, opened, refusing
from smoothread_agent.memory.chroma_records import described, record_of
from smoothread_agent.memory.embedding import Embeddings, HashedEmbeddings, identity
from smoothread_agent.memory.errors import IndexUnavailableError, MemoryStoreError, StoreBusyError
from smoothread_agent.memory.index import Hit, MemoryIndex, Record

_PAGE = 1000
"""Records a page when enumerating."""
Answer = TypeVar("Answer")


class ChromaIndex(MemoryIndex):
    """Finds stored memory by the vectors of summaries, clues and answers.

    Args:
        path: folder of an embedded Chroma, made if missing. Or give `host`.
        host, port: of a Chroma server.
        embeddings: makes the vectors: LangChain `Embeddings`, or anything with `embed_documents` and `embed_query`;
            none: `HashedEmbeddings`.
        embeddings_name: tells these embeddings' vectors from others'; none: its class and what it says of its model.
        name: of the store that is indexed: stores that share a Chroma need one each (letters, digits, `-` and `_`).
        options: what `chromadb.HttpClient` takes besides (`ssl`, `headers`).

    Raises:
        MemoryStoreError: both or neither of `path` and `host` are given, the name cannot be one of a collection, or
            chromadb is not installed.
        StoreBusyError: the folder is open already, here or in another process.
        IndexUnavailableError: the folder cannot be opened, or the server cannot be reached.
    """

    def __init__(
        self,
        path: str | PathLike[str] | None = None,
        *,
        host: str | None = None,
        port: int = 8000,
        embeddings: Embeddings | None = None,
        embeddings_name: str | None = None,
        name: str = "smoothread",
        **options: Any,
    ) -> None:
        if (path is None) == (host is None):
            raise MemoryStoreError("say where the index is: the path of a folder, or the host of a server")
        if not re.fullmatch("[a-z0-9][a-z0-9_-]{0,63}", name):
            raise MemoryStoreError(f"{name!r} cannot be the name of an index: use a-z, 0-9, - and _")
        self.name = name
        self.path = None if path is None else Path(path).expanduser().absolute()
        self.embeddings = embeddings or HashedEmbeddings()
        self.identity = embeddings_name or identity(self.embeddings)
        self._pid = os.getpid()
        self._lock = None if self.path is None else locked(self.path)
        self._client: Any = None
        try:
            self._client = opened(self.path, host, port, options)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the folder. The index cannot be used afterwards."""
        if os.getpid() != self._pid:
            return  # a fork: client and lock are its parent's
        client, self._client = self._client, None
        if client is not None:
            client.close()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def check(self) -> None:
        """See `MemoryIndex.check`: refuses use after a fork, and after `close`."""
        if os.getpid() != self._pid:
            raise StoreBusyError(
                f"this index was opened by process {self._pid}, of which this one is a fork: Chroma would hang, or "
                f"damage its files; open a ChromaIndex on a server here ({WAY_OUT.format(path=self.path or '...')})"
            )
        if self._client is None:
            raise StoreBusyError("this index was closed: open it again")

    def put(self, namespace: str, records: Sequence[Record]) -> None:
        """See `MemoryIndex.put`."""
        if not records:
            return
        self.check()
        vectors = self._embedded(lambda: self.embeddings.embed_documents([each.text for each in records]))
        ids, metadatas = described(records)

        def write() -> None:
            collection = self._collection(namespace)
            collection.delete(where={"entry": {"$in": sorted({record.entry for record in records})}})
            most = int(self._client.get_max_batch_size())
            for at in range(0, len(ids), most):
                part = slice(at, at + most)
                documents = [record.text for record in records[part]]
                collection.upsert(
                    ids=ids[part], embeddings=vectors[part], documents=documents, metadatas=metadatas[part]
                )

        self._ask(write)

    def remove(self, namespace: str, entries: Sequence[str]) -> None:
        """See `MemoryIndex.remove`."""
        if entries:
            self._ask(lambda: self._collection(namespace).delete(where={"entry": {"$in": list(entries)}}))

    def entries(self, namespace: str) -> Mapping[str, int]:
        """See `MemoryIndex.entries`. An entry of which some records are missing counts as of revision 0."""

        def enumerate_all() -> dict[str, int]:
            revisions: dict[str, int] = {}
            lacking: dict[str, int] = {}
            for metadata in self._metadatas(namespace):
                key = str(metadata["entry"])
                revisions[key] = int(metadata["revision"])
                lacking[key] = lacking.get(key, int(metadata["of"])) - 1
            return {key: 0 if lacking[key] else revision for key, revision in revisions.items()}

        return self._ask(enumerate_all)

    def search(self, namespace: str, query: str, limit: int) -> list[Hit]:
        """See `MemoryIndex.search`. Approximate, as Chroma's search is."""
        self.check()
        vector = self._embedded(lambda: self.embeddings.embed_query(query))

        def find() -> list[Hit]:
            collection = self._collection(namespace)
            count = min(limit, int(collection.count()))
            if not count:
                return []
            found = collection.query(query_embeddings=[vector], n_results=count)
            rows = zip(found["metadatas"][0], found["documents"][0], found["distances"][0], strict=True)
            return [Hit(record_of(metadata, text), 1.0 - float(far)) for metadata, text, far in rows]

        return self._ask(find)

    def clear(self, namespace: str) -> None:
        """See `MemoryIndex.clear`. Vectors of other embeddings go too."""

        def drop() -> None:
            prefix = f"{self.name}.{namespace}."
            for each in self._client.list_collections():
                if each.name.startswith(prefix):
                    self._client.delete_collection(each.name)

        self._ask(drop)

    @cached_property
    def _suffix(self) -> str:
        """Keeps vectors of different embeddings apart: they cannot be compared."""
        return digest(self.identity.encode())[:12]

    def _collection(self, namespace: str) -> Any:
        return self._client.get_or_create_collection(
            f"{self.name}.{namespace}.{self._suffix}",
            embedding_function=refusing(),
            configuration={"hnsw": {"space": "cosine"}},
        )

    def _metadatas(self, namespace: str) -> Iterator[Mapping[str, Any]]:
        collection, at = self._collection(namespace), 0
        while page := collection.get(limit=_PAGE, offset=at, include=["metadatas"])["metadatas"]:
            yield from page
            at += len(page)

    def _embedded(self, call: Callable[[], Answer]) -> Answer:
        """Call the embeddings, which may be somebody's service."""
        try:
            return call()
        except Exception as error:
            raise IndexUnavailableError(
                f"the embeddings failed ({type(error).__name__}: {error}): the stored memory is unaffected, and is "
                "indexed when they work again"
            ) from error

    def _ask(self, call: Callable[[], Answer]) -> Answer:
        """Call Chroma; whatever it raises is one error here, for the way out is always the same."""
        self.check()
        try:
            return call()
        except Exception as error:
            raise IndexUnavailableError(
                f"Chroma failed ({type(error).__name__}: {error}): the stored memory is unaffected. If it goes on, "
                "delete the index's folder and rebuild it from the files"
            ) from error
