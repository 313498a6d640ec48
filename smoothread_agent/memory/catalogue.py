"""The catalogue: which texts stand for a stored entry, and finding sources by them, with an index or without one."""

import logging
from collections.abc import Iterator

from smoothread_agent.memory.checkpoints import Checkpoints
from smoothread_agent.memory.embedding import HashedEmbeddings, similarities
from smoothread_agent.memory.entries import CheckpointManifest, ResultManifest
from smoothread_agent.memory.errors import DamagedMemoryError, IndexUnavailableError
from smoothread_agent.memory.index import Hit, MemoryIndex, Record
from smoothread_agent.memory.protocol import Found
from smoothread_agent.memory.results import Results
from smoothread_agent.schema import Clue, SourceInfo

log = logging.getLogger(__name__)

MAX_TEXT = 4000
"""Characters of a record at the most."""


def checkpoint_records(manifest: CheckpointManifest) -> list[Record]:
    """The texts by which a checkpoint is found: what the source is about, the last summary, the clues."""
    about = " ".join([manifest.source.name, manifest.conditions.task or "", manifest.about]).strip()
    record = Record(manifest.key, manifest.revision, "source", about[:MAX_TEXT], manifest.source)
    records = [record]
    if (summary := manifest.state.summary) is not None:
        text = f"{summary.target} {summary.reason}"[:MAX_TEXT]
        records.append(
            Record(
                manifest.key, manifest.revision, "summary", text, manifest.source, summary.start, summary.end
            )
        )
    return records + _clues(manifest.key, manifest.revision, manifest.source, manifest.state.clues)


def result_records(manifest: ResultManifest) -> list[Record]:
    """The texts by which a result is found: task and answer, and the clues."""
    result = manifest.result
    text = f"{result.task} {result.answer}"[:MAX_TEXT]
    record = Record(manifest.key, 1, "answer", text, result.source)
    return [record, *_clues(manifest.key, 1, result.source, result.clues)]


class Catalogue:
    """Keeps the index of one namespace in step with its files.

    An index that cannot be reached stops nothing: what it missed is put in when it is next asked.
    """

    def __init__(self, checkpoints: Checkpoints, results: Results, index: MemoryIndex | None) -> None:
        self._checkpoints, self._results, self.index = checkpoints, results, index
        self._namespace = checkpoints.namespace
        self._in_step = False

    def check(self) -> None:
        """Refuse a use of the index that would do harm, before anything is written."""
        if self.index is not None:
            self.index.check()

    def add_checkpoint(self, manifest: CheckpointManifest) -> None:
        """Put a checkpoint into the index."""
        self._put(checkpoint_records(manifest))

    def add_result(self, manifest: ResultManifest) -> None:
        """Put a result into the index."""
        self._put(result_records(manifest))

    def remove(self, key: str) -> None:
        """Take an entry out of the index."""
        if self.index is not None:
            try:
                self.index.remove(self._namespace, [key])
            except IndexUnavailableError as error:
                self._fell_behind(error)

    def find(self, query: str, limit: int) -> list[Found]:
        """The sources closest to `query`, best first."""
        if self.index is None:
            return _grouped(self._compare(query), limit)
        if not self._in_step:
            self.reconcile()
        try:
            return self._search(self.index, query, limit)
        except IndexUnavailableError as error:
            log.warning("the index failed (%s) and is built again from the files", error)
            self.rebuild()
            return self._search(self.index, query, limit)

    def reconcile(self) -> int:
        """Bring the index in step with the files. Returns how many entries had to be put in or taken out."""
        if self.index is None:
            return 0
        namespace = self._namespace
        stored = {records[0].entry: records for records in self._all()}
        held = self.index.entries(namespace)
        gone = [key for key in held if key not in stored]
        missing = [records for key, records in stored.items() if held.get(key) != records[0].revision]
        self.index.remove(namespace, gone)
        for records in missing:
            self.index.put(namespace, records)
        self._in_step = True
        return len(gone) + len(missing)

    def rebuild(self) -> int:
        """Make the index again from the files alone. Returns how many entries it holds then."""
        if self.index is None:
            return 0
        self.index.clear(self._namespace)
        return self.reconcile()

    def _put(self, records: list[Record]) -> None:
        if self.index is not None:
            try:
                self.index.put(self._namespace, records)
            except IndexUnavailableError as error:
                self._fell_behind(error)

    def _fell_behind(self, error: Exception) -> None:
        self._in_step = False
        log.warning("the index was not brought up to date (%s); the files were", error)

    def _search(self, index: MemoryIndex, query: str, limit: int) -> list[Found]:
        """Ask for more records until they are of enough sources: many may be of one."""
        wanted = limit * 4
        while True:
            hits = index.search(self._namespace, query, wanted)
            found = _grouped(hits, limit)
            if len(found) >= limit or len(hits) < wanted:
                return found
            wanted *= 4

    def _compare(self, query: str) -> list[Hit]:
        """Without an index: compare the query with every text in the files."""
        records = [record for each in self._all() for record in each]
        scores = similarities(HashedEmbeddings(), query, [record.text for record in records])
        hits = [Hit(record, float(score)) for record, score in zip(records, scores, strict=True)]
        return sorted(hits, key=lambda hit: -hit.score)

    def _all(self) -> Iterator[list[Record]]:
        """The records of every entry that is whole."""
        for folder, key in self._checkpoints.all():
            try:
                yield checkpoint_records(self._checkpoints.manifest(folder, key))
            except (FileNotFoundError, DamagedMemoryError) as error:
                log.debug("%s is not indexed: %s", key, error)
        for key in sorted(self._results.keys()):
            try:
                yield result_records(self._results.read(key))
            except (FileNotFoundError, DamagedMemoryError) as error:
                log.debug("%s is not indexed: %s", key, error)


def _grouped(hits: list[Hit], limit: int) -> list[Found]:
    """Hits by source, each source with its best."""
    by_source: dict[str, list[Hit]] = {}
    for hit in hits:
        by_source.setdefault(hit.record.source.digest, []).append(hit)
    found = [
        Found(
            of[0].record.source,
            of[0].score,
            of[0].record.text,
            tuple(dict.fromkeys(h.record.entry for h in of)),
        )
        for of in by_source.values()
    ]
    return found[:limit]


def _clues(key: str, revision: int, source: SourceInfo, clues: tuple[Clue, ...]) -> list[Record]:
    return [
        Record(key, revision, "clue", clue.text[:MAX_TEXT], source, clue.start, clue.end) for clue in clues
    ]
