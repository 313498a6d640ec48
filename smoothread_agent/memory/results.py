"""Results on files: what a finished reading answered, under the key of its request."""

import json
import re
import time

from smoothread_agent.memory.checkpoints import Checkpoints
from smoothread_agent.memory.entries import Entry, Problem, ResultManifest
from smoothread_agent.memory.errors import DamagedMemoryError, MemoryStoreError
from smoothread_agent.memory.files import Files
from smoothread_agent.memory.seal import MAX_MANIFEST, seal, unseal

_KEY = re.compile("[0-9a-f]{64}")


class Results:
    """The results of one namespace, `namespaces/<namespace>/results/<key>.json`."""

    def __init__(self, files: Files, checkpoints: Checkpoints) -> None:
        self.files, self.checkpoints = files, checkpoints
        self.folder = f"{checkpoints.home}/results"

    def keys(self) -> set[str]:
        """Keys of all results."""
        return {name[:-5] for name in self.files.names(self.folder) if name.endswith(".json")}

    def holds(self, key: str) -> bool:
        """Whether there is a result under `key`."""
        return bool(_KEY.fullmatch(key)) and self.files.size(f"{self.folder}/{key}.json") is not None

    def write(self, manifest: ResultManifest) -> None:
        """Write a result; it exists when this returns."""
        self.files.write(f"{self.folder}/{manifest.key}.json", seal(manifest, "result"))

    def read(self, key: str) -> ResultManifest:
        """A result, checked.

        Raises:
            FileNotFoundError: there is none.
            DamagedMemoryError: it is damaged, or that of another key or namespace.
        """
        if not _KEY.fullmatch(key):
            raise FileNotFoundError(f"{key!r} is no key")
        data = self.files.read(f"{self.folder}/{key}.json", limit=MAX_MANIFEST)
        manifest = unseal(data, "result", ResultManifest)
        if (manifest.key, manifest.namespace) != (key, self.checkpoints.namespace):
            raise DamagedMemoryError(f"this is the result {manifest.key} of {manifest.namespace}: swapped")
        return manifest

    def entry(self, manifest: ResultManifest) -> Entry:
        """A result as it is listed."""
        result = manifest.result
        return Entry(
            kind="result",
            key=manifest.key,
            namespace=manifest.namespace,
            source=result.source,
            conditions=manifest.conditions,
            chunks_read=result.coverage.chunks_read,
            tokens_read=result.coverage.tokens_read,
            final=True,
            nbytes=self.files.size(f"{self.folder}/{manifest.key}.json") or 0,
            created=manifest.created,
            used=max(manifest.created, self.checkpoints.used(self.folder, manifest.key)),
            task=result.task,
        )

    def delete(self, key: str) -> None:
        """Delete a result, if it is there."""
        for suffix in (".json", ".used"):
            self.files.delete(f"{self.folder}/{key}{suffix}")

    def set_aside(self, key: str, reason: str) -> Problem:
        """Move a damaged result to `aside`, with the reason."""
        moved = True
        try:
            stamp = f"{self.checkpoints.home}/aside/{time.time_ns():x}-{key}"
            self.files.move(f"{self.folder}/{key}.json", f"{stamp}.json")
            note = json.dumps({"key": key, "folder": self.folder, "reason": reason})
            self.files.write(f"{stamp}.why", note.encode())
        except (MemoryStoreError, FileNotFoundError):
            moved = False
        return Problem(key=key, kind="result", reason=reason, aside=moved)
