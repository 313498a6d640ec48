"""Holdings: everything stored in one namespace, of both kinds, as it is listed, set aside, forgotten and evicted."""

import logging
import time
from collections.abc import Iterator

from smoothread_agent.errors import RequestError
from smoothread_agent.memory.catalogue import Catalogue
from smoothread_agent.memory.checkpoints import Checkpoints
from smoothread_agent.memory.entries import Entry, Kind, Problem
from smoothread_agent.memory.errors import DamagedMemoryError
from smoothread_agent.memory.eviction import to_evict
from smoothread_agent.memory.results import Results

log = logging.getLogger(__name__)


class Holdings:
    """The checkpoints and results of one namespace, and their place in its catalogue."""

    def __init__(self, checkpoints: Checkpoints, results: Results, catalogue: Catalogue) -> None:
        self._checkpoints, self._results, self._catalogue = checkpoints, results, catalogue

    def entries(self) -> list[Entry]:
        """All that is whole, newest use first."""
        found = [entry for _, entry in self._listed()]
        return sorted(found, key=lambda entry: entry.used, reverse=True)

    def forget(self, *, key: str | None = None, source: str | None = None) -> int:
        """See `Store.forget`. Goes by the files' names for a key, so that damaged entries can be forgotten too."""
        if (key is None) == (source is None):
            raise RequestError("say what to forget: the key of an entry, or the digest of a source")
        self._catalogue.check()
        gone: list[tuple[Kind, str, str]]
        if key is not None:
            gone = [("checkpoint", folder, each) for folder, each in self._checkpoints.all() if each == key]
            if self._results.holds(key):
                gone.append(("result", self._results.folder, key))
        else:
            listed = self._listed()
            gone = [
                (entry.kind, folder, entry.key) for folder, entry in listed if entry.source.digest == source
            ]
        for kind, folder, each in gone:
            self.delete(kind, folder, each)
        return len(gone)

    def evict(
        self, quota_bytes: int | None, ttl_seconds: float | None, *, room_for: int = 0, sparing: str = ""
    ) -> int:
        """Delete what is expired or past the quota (see `to_evict`). Returns how many entries went."""
        listed = list(self._listed())
        gone = to_evict(
            [entry for _, entry in listed],
            quota_bytes=quota_bytes,
            ttl_seconds=ttl_seconds,
            now=time.time(),
            room_for=room_for,
            sparing=sparing,
        )
        for folder, entry in listed:
            if entry in gone:
                self.delete(entry.kind, folder, entry.key)
        return len(gone)

    def delete(self, kind: Kind, folder: str, key: str) -> None:
        """Delete one entry, and take it out of the index."""
        if kind == "result":
            self._results.delete(key)
        else:
            self._checkpoints.delete(folder, key)
        self._catalogue.remove(key)

    def set_aside(self, folder: str, key: str, reason: str) -> Problem:
        """Move a damaged checkpoint to `aside`, and take it out of the index."""
        problem = self._checkpoints.set_aside(folder, key, reason)
        if problem.aside:
            self._catalogue.remove(key)
        return problem

    def _listed(self) -> Iterator[tuple[str, Entry]]:
        """Folder and entry of everything that is whole."""
        for folder, key in self._checkpoints.all():
            try:
                yield folder, self._checkpoints.entry(folder, self._checkpoints.manifest(folder, key))
            except (FileNotFoundError, DamagedMemoryError) as error:
                log.debug("%s is not listed: %s", key, error)
        for key in sorted(self._results.keys()):
            try:
                yield self._results.folder, self._results.entry(self._results.read(key))
            except (FileNotFoundError, DamagedMemoryError) as error:
                log.debug("%s is not listed: %s", key, error)
