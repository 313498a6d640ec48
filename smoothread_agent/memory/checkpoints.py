"""Checkpoint files: a blob and a manifest each, in the folder of one namespace.

    namespaces/<namespace>/checkpoints/<conditions>/<key>.<digest>.safetensors    the hidden memory
                                                    <key>.json                     the manifest, written last
                                                    <key>.used                     when it was last used
                           aside/                                                  what was found damaged

The blob is on the disk before the manifest that names it is written, so a checkpoint that is said to exist exists.
Every read checks format, digests, and that the key is the one that conditions and chunk digests give: files that were
truncated, changed, swapped or brought from elsewhere are named and set aside, never used.
"""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager

import torch

from smoothread_agent.memory.chain import Chain, Conditions, digest
from smoothread_agent.memory.codec import Codec, decode
from smoothread_agent.memory.entries import CheckpointManifest, Entry, Problem, ReadingState
from smoothread_agent.memory.errors import DamagedMemoryError, MemoryStoreError
from smoothread_agent.memory.eviction import expired
from smoothread_agent.memory.files import Files
from smoothread_agent.memory.seal import MAX_MANIFEST, seal, unseal
from smoothread_agent.model.memory import HiddenMemory
from smoothread_agent.schema import SourceInfo

log = logging.getLogger(__name__)

_MANIFEST, _USED = ".json", ".used"


class Checkpoints:
    """The checkpoints of one namespace."""

    def __init__(self, files: Files, namespace: str) -> None:
        self.files, self.namespace = files, namespace
        self.home = f"namespaces/{namespace}"
        self.folder = f"{self.home}/checkpoints"

    def folder_of(self, conditions: Conditions) -> str:
        """Where the checkpoints read under `conditions` lie."""
        return f"{self.folder}/{conditions.fingerprint[:32]}"

    def keys(self, folder: str) -> set[str]:
        """Keys that have a manifest in `folder`."""
        return {name[: -len(_MANIFEST)] for name in self.files.names(folder) if name.endswith(_MANIFEST)}

    def all(self) -> Iterator[tuple[str, str]]:
        """Folder and key of every checkpoint."""
        for each in self.files.folders(self.folder):
            for key in sorted(self.keys(f"{self.folder}/{each}")):
                yield f"{self.folder}/{each}", key

    def write(self, manifest: CheckpointManifest, blob: bytes) -> CheckpointManifest:
        """Write a checkpoint; it exists when this returns. The revision counts on from what was there.

        Raises:
            MemoryStoreError: it cannot be written; whatever was there under its key still is.
        """
        folder = self.folder_of(manifest.conditions)
        blob_name, name = f"{folder}/{manifest.blob}", f"{folder}/{manifest.key}{_MANIFEST}"
        self.files.write(blob_name, blob)
        with self.locked():
            before = self._before(folder, manifest.key)
            if self.files.size(blob_name) is None:  # someone forgot this key in between
                self.files.write(blob_name, blob)
            if before is not None:
                manifest = manifest.model_copy(update={"revision": before.revision + 1})
            self.files.write(name, seal(manifest, "checkpoint"))
            self.touch(folder, manifest.key)
            if before is not None and before.blob != manifest.blob:
                self.files.delete(f"{folder}/{before.blob}")
        return manifest

    def manifest(self, folder: str, key: str) -> CheckpointManifest:
        """The manifest of a checkpoint, checked.

        Raises:
            FileNotFoundError: there is none.
            DamagedMemoryError: it is damaged, or belongs to another key, namespace or folder.
        """
        data = self.files.read(f"{folder}/{key}{_MANIFEST}", limit=MAX_MANIFEST)
        manifest = unseal(data, "checkpoint", CheckpointManifest)
        if manifest.key != key or folder != self.folder_of(manifest.conditions):
            raise DamagedMemoryError(f"the manifest is that of checkpoint {manifest.key}: it was swapped")
        self.confirm(manifest)
        return manifest

    def confirm(self, manifest: CheckpointManifest) -> None:
        """Check that a manifest is of one piece, and of this namespace.

        Raises:
            DamagedMemoryError: it is not.
        """
        if manifest.namespace != self.namespace:
            raise DamagedMemoryError(f"the manifest belongs to the namespace {manifest.namespace}")
        if Chain.of_digests(manifest.conditions, manifest.digests).keys[-1] != manifest.key:
            raise DamagedMemoryError("the key is not the one that its conditions and chunks give")
        if not manifest.blob.startswith(f"{manifest.key}.{manifest.blob_digest[:16]}."):
            raise DamagedMemoryError("the manifest names the blob of another checkpoint")
        if manifest.state.chunks_read != len(manifest.digests):
            raise DamagedMemoryError("the state is not that after the chunks that the manifest names")

    def describe(
        self,
        chain: Chain,
        state: ReadingState,
        blob: bytes,
        codec: Codec,
        *,
        source: SourceInfo,
        final: bool,
        about: str,
    ) -> CheckpointManifest:
        """The manifest of a checkpoint that is about to be written; the arguments are those of `Store.save`."""
        key, blob_digest = chain.keys[state.chunks_read], digest(blob)
        return CheckpointManifest(
            namespace=self.namespace,
            key=key,
            revision=1,
            conditions=chain.conditions,
            source=source,
            digests=chain.digests[: state.chunks_read],
            state=state,
            final=final,
            about=about,
            created=time.time(),
            codec=codec,
            blob=f"{key}.{blob_digest[:16]}.safetensors",
            blob_digest=blob_digest,
            blob_bytes=len(blob),
        )

    def restore(
        self, chain: Chain, number: int, device: torch.device | str, ttl_seconds: float | None
    ) -> tuple[HiddenMemory, CheckpointManifest] | None:
        """The checkpoint after the first `number` chunks, confirmed; none where it has gone, or has expired.

        Raises:
            DamagedMemoryError: it is not what was written, or not of this chain.
        """
        folder = self.folder_of(chain.conditions)
        for attempt in range(2):
            try:
                manifest = self.manifest(folder, chain.keys[number])
            except FileNotFoundError:
                return None
            if manifest.digests != chain.digests[:number] or manifest.conditions != chain.conditions:
                raise DamagedMemoryError("its chunks are not those of the source")
            if expired(self.entry(folder, manifest), ttl_seconds, time.time()):
                return None
            try:
                return self.memory(manifest, device), manifest
            except FileNotFoundError as error:
                # Another process may have written this key anew between the two reads.
                if attempt:
                    raise DamagedMemoryError("its blob is gone") from error
        return None

    def memory(self, manifest: CheckpointManifest, device: torch.device | str = "cpu") -> HiddenMemory:
        """The hidden memory of a checkpoint, on `device`.

        Raises:
            FileNotFoundError: the blob is gone.
            DamagedMemoryError: it is not the one that the manifest was written for.
        """
        return decode(self.blob(manifest), device)

    def blob(self, manifest: CheckpointManifest) -> bytes:
        """The blob of a checkpoint, checked against its manifest. Raises as `memory` does."""
        name = f"{self.folder_of(manifest.conditions)}/{manifest.blob}"
        blob = self.files.read(name, limit=manifest.blob_bytes)
        self.confirm_blob(manifest, blob)
        return blob

    @staticmethod
    def confirm_blob(manifest: CheckpointManifest, blob: bytes) -> None:
        """Check that a blob is the one that `manifest` was written for.

        Raises:
            DamagedMemoryError: it is not.
        """
        if len(blob) != manifest.blob_bytes:
            raise DamagedMemoryError(
                f"the blob has {len(blob)} bytes of {manifest.blob_bytes}: it was cut off"
            )
        if digest(blob) != manifest.blob_digest:
            raise DamagedMemoryError("the blob does not have the digest that its manifest names")

    def entry(self, folder: str, manifest: CheckpointManifest) -> Entry:
        """A checkpoint as it is listed."""
        size = self.files.size(f"{folder}/{manifest.key}{_MANIFEST}") or 0
        return Entry(
            kind="checkpoint",
            key=manifest.key,
            namespace=self.namespace,
            source=manifest.source,
            conditions=manifest.conditions,
            chunks_read=manifest.state.chunks_read,
            tokens_read=manifest.state.tokens_read,
            final=manifest.final,
            nbytes=size + manifest.blob_bytes,
            created=manifest.created,
            used=max(manifest.created, self.used(folder, manifest.key)),
            revision=manifest.revision,
            codec=manifest.codec,
            task=manifest.conditions.task,
        )

    def touch(self, folder: str, key: str) -> None:
        """Note that it was used now. Where that cannot be written it is left out: it decides eviction alone."""
        try:
            self.files.write(f"{folder}/{key}{_USED}", json.dumps(time.time()).encode(), lasting=False)
        except (MemoryStoreError, FileNotFoundError) as error:
            log.debug("the use of %s was not noted: %s", key, error)

    def used(self, folder: str, key: str) -> float:
        """When a checkpoint was last used, in seconds since 1970; 0 where that is not known."""
        try:
            return float(json.loads(self.files.read(f"{folder}/{key}{_USED}", limit=64)))
        except (OSError, MemoryStoreError, ValueError, TypeError):
            return 0.0

    def delete(self, folder: str, key: str) -> None:
        """Delete a checkpoint, its manifest first: what is half deleted is a blob that nothing names."""
        with self.locked():
            for name in self._parts(folder, key):
                self.files.delete(f"{folder}/{name}")

    def set_aside(self, folder: str, key: str, reason: str) -> Problem:
        """Move all files of a checkpoint to `aside`, with the reason, so that it is neither used nor lost."""
        moved = False
        try:
            with self.locked():
                stamp = f"{time.time_ns():x}"
                for name in self._parts(folder, key):
                    self.files.move(f"{folder}/{name}", f"{self.home}/aside/{stamp}-{name}")
                note = json.dumps({"key": key, "folder": folder, "reason": reason}).encode()
                self.files.write(f"{self.home}/aside/{stamp}-{key}.why", note)
                moved = True
        except (MemoryStoreError, FileNotFoundError) as error:
            log.debug("%s could not be moved aside: %s", key, error)
        log.warning("checkpoint %s is not used: %s%s", key[:16], reason, "; set aside" if moved else "")
        return Problem(key=key, kind="checkpoint", reason=reason, aside=moved)

    def locked(self) -> AbstractContextManager[None]:
        """The lock of this namespace, held while a manifest changes."""
        return self.files.lock(f"{self.home}/.lock")

    def orphans(self) -> Iterator[str]:
        """Files that no manifest names: blobs of a write that was cut off, temporary files."""
        for each in self.files.folders(self.folder):
            folder = f"{self.folder}/{each}"
            named = set()
            for key in self.keys(folder):
                try:
                    named |= {self.manifest(folder, key).blob, f"{key}{_USED}", f"{key}{_MANIFEST}"}
                except (DamagedMemoryError, FileNotFoundError):
                    named |= set(self._parts(folder, key))
            for name in [*sorted(set(self.files.names(folder)) - named), *self.files.leftovers(folder)]:
                yield f"{folder}/{name}"

    def _before(self, folder: str, key: str) -> CheckpointManifest | None:
        try:
            return self.manifest(folder, key)
        except (FileNotFoundError, DamagedMemoryError):
            return None

    def _parts(self, folder: str, key: str) -> list[str]:
        """All files of a key, the manifest first."""
        names = [name for name in self.files.names(folder) if name.startswith(f"{key}.")]
        return sorted(names, key=lambda name: (not name.endswith(_MANIFEST), name))
