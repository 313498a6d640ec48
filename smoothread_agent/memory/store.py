"""MemoryStore: what was read once, kept as files, for one namespace. The files are the truth; the index is optional."""

import time
from collections.abc import Callable, Mapping
from os import PathLike
from typing import Any

import torch
from pydantic import TypeAdapter, ValidationError

from smoothread_agent.errors import RequestError
from smoothread_agent.memory.catalogue import Catalogue
from smoothread_agent.memory.chain import Chain, Conditions
from smoothread_agent.memory.checkpoints import Checkpoints
from smoothread_agent.memory.codec import Codec, decode, encode
from smoothread_agent.memory.embedding import Embeddings
from smoothread_agent.memory.entries import (
    CheckpointManifest,
    Entry,
    Namespace,
    ReadingState,
    ResultManifest,
)
from smoothread_agent.memory.errors import DamagedMemoryError, StoreFullError
from smoothread_agent.memory.eviction import expired
from smoothread_agent.memory.files import Files
from smoothread_agent.memory.holdings import Holdings
from smoothread_agent.memory.index import MemoryIndex
from smoothread_agent.memory.policy import SOURCE_POLICY, CheckpointPolicy
from smoothread_agent.memory.protocol import Found, Restored, Store
from smoothread_agent.memory.results import Results
from smoothread_agent.memory.seal import is_marked, mark, seal
from smoothread_agent.model.memory import HiddenMemory
from smoothread_agent.schema import Order, ReadingResult, SourceInfo


class MemoryStore(Store):
    """Keeps readings in a folder, or anywhere fsspec reaches.

        store = MemoryStore("~/reading", index=ChromaIndex("~/reading-index"))

    Args:
        root: a folder (it may begin with `~`), or an fsspec URL.
        namespace: whose memory this is. Lower-case letters, digits, `-` and `_`, at most 63.
        index: finds sources by meaning; none: `find_sources` compares texts read from the files.
        codec: `exact` goes on bit for bit; `bf16` and `int8` take less room and change the memory a little.
        policy: when a reading is checkpointed, and which checkpoints stay.
        source_policy: the same for sources that are read by themselves, in the order `source_first`.
        quota_bytes: room for this namespace; past it, the least recently used go, intermediate checkpoints first.
        ttl_seconds: what was not used for so long counts as gone.
        options: what fsspec needs to open the URL.

    It may be used by several threads, and by several processes. A copy is the same store; a pickle opens it anew.

    Raises:
        RequestError: the namespace's name cannot be a folder.
        MemoryStoreError: the store cannot be opened, or is of another format.
    """

    def __init__(
        self,
        root: str | PathLike[str],
        *,
        namespace: str = "default",
        index: MemoryIndex | None = None,
        codec: Codec = "exact",
        policy: CheckpointPolicy | None = None,
        source_policy: CheckpointPolicy = SOURCE_POLICY,
        quota_bytes: int | None = None,
        ttl_seconds: float | None = None,
        **options: Any,
    ) -> None:
        try:
            TypeAdapter(Namespace).validate_python(namespace)
        except ValidationError as error:
            raise RequestError(
                f"{namespace!r} cannot name a namespace: use 1 to 63 of a-z, 0-9, - and _, beginning and ending with a "
                "letter or digit"
            ) from error
        self._settings: dict[str, Any] = {
            "root": root,
            "namespace": namespace,
            "index": index,
            "codec": codec,
            "policy": policy,
            "source_policy": source_policy,
            "quota_bytes": quota_bytes,
            "ttl_seconds": ttl_seconds,
            **options,
        }
        self.files = Files(root, **options)
        self.namespace, self.codec = namespace, codec
        self.policy, self.source_policy = policy or CheckpointPolicy(), source_policy
        self.quota_bytes, self.ttl_seconds = quota_bytes, ttl_seconds
        self.checkpoints = Checkpoints(self.files, namespace)
        self.results = Results(self.files, self.checkpoints)
        self.catalogue = Catalogue(self.checkpoints, self.results, index)
        self.holdings = Holdings(self.checkpoints, self.results, self.catalogue)
        self._marked = is_marked(self.files)

    @classmethod
    def of_settings(cls, settings: Mapping[str, Any]) -> "MemoryStore":
        """The store that has these `settings`."""
        policies = {
            name: CheckpointPolicy.model_validate(settings[name])
            for name in ("policy", "source_policy")
            if name in settings
        }
        return cls(**{**settings, **policies})

    @property
    def settings(self) -> dict[str, Any]:
        """What opens this store again, as JSON values. Index and `options` are left out: those may be secret."""
        return {
            "root": self.files.root,
            "namespace": self.namespace,
            "codec": self.codec,
            "policy": self.policy.model_dump(),
            "source_policy": self.source_policy.model_dump(),
            "quota_bytes": self.quota_bytes,
            "ttl_seconds": self.ttl_seconds,
        }

    def __copy__(self) -> "MemoryStore":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "MemoryStore":
        return self

    def __reduce__(self) -> tuple[Callable[[dict[str, Any]], "MemoryStore"], tuple[dict[str, Any]]]:
        return _opened_again, (self._settings,)

    def policy_for(self, order: Order) -> CheckpointPolicy:
        """See `Store.policy_for`."""
        return self.policy if order == "task_first" else self.source_policy

    @property
    def embeddings(self) -> Embeddings:
        """See `Store.embeddings`: those of the index, where there is one."""
        index = self.catalogue.index
        return super().embeddings if index is None else index.embeddings

    def save(
        self,
        chain: Chain,
        memory: HiddenMemory,
        state: ReadingState,
        *,
        source: SourceInfo,
        final: bool = False,
        about: str = "",
    ) -> Entry:
        """See `Store.save`.

        Raises:
            StoreFullError: there is no room on the disk, or not even in an empty quota.
            StoreBusyError: the index is open in another process, or was opened before a fork.
        """
        read = state.chunks_read
        if not 1 <= read <= len(chain):
            raise RequestError(f"a state after {read} chunks cannot be stored for a chain of {len(chain)}")
        if memory.batch != 1:
            raise RequestError(
                f"a memory of {memory.batch} rows holds several readings: gather the row of this one"
            )
        self.catalogue.check()
        self._mark()
        blob = encode(memory, self.codec)
        manifest = self.checkpoints.describe(
            chain, state, blob, self.codec, source=source, final=final, about=about
        )
        entry = self._commit(manifest, blob)
        folder = self.checkpoints.folder_of(chain.conditions)
        policy = self.policy_for(chain.conditions.order)
        for number in policy.superseded(self.prefixes(chain), read, final=final):
            self.holdings.delete("checkpoint", folder, chain.keys[number])
        return entry

    def adopt(self, manifest: CheckpointManifest, blob: bytes) -> Entry:
        """Take a checkpoint that was exported, as this namespace's own.

        Raises:
            DamagedMemoryError: blob, key, chunks and state do not belong together.
        """
        self.catalogue.check()
        self._mark()
        manifest = manifest.model_copy(update={"namespace": self.namespace, "revision": 1})
        self.checkpoints.confirm(manifest)
        self.checkpoints.confirm_blob(manifest, blob)
        decode(blob)
        return self._commit(manifest, blob)

    def restore(
        self, chain: Chain, *, device: torch.device | str = "cpu", up_to: int | None = None
    ) -> Restored | None:
        """See `Store.restore`."""
        folder = self.checkpoints.folder_of(chain.conditions)
        problems = []
        for number in reversed(self.prefixes(chain)):
            if up_to is not None and number > up_to:
                continue
            try:
                restored = self.checkpoints.restore(chain, number, device, self.ttl_seconds)
            except DamagedMemoryError as error:
                problems.append(self.holdings.set_aside(folder, chain.keys[number], str(error)))
                continue
            if restored is not None:
                memory, manifest = restored
                self.checkpoints.touch(folder, manifest.key)
                entry = self.checkpoints.entry(folder, manifest)
                return Restored(memory, manifest.state, entry, tuple(problems))
        return None

    def prefixes(self, chain: Chain) -> list[int]:
        """See `Store.prefixes`."""
        stored = self.checkpoints.keys(self.checkpoints.folder_of(chain.conditions))
        return [number for number, key in enumerate(chain.keys) if number and key in stored]

    def save_result(self, key: str, conditions: Conditions, result: ReadingResult) -> Entry:
        """See `Store.save_result`."""
        if result.stop.reason == "cancelled":
            raise RequestError(
                "a cancelled reading has no result to store: its last checkpoint is what it leaves"
            )
        self.catalogue.check()
        self._mark()
        manifest = ResultManifest(
            namespace=self.namespace, key=key, conditions=conditions, created=time.time(), result=result
        )
        self.results.write(manifest)
        self.catalogue.add_result(manifest)
        return self.results.entry(manifest)

    def load_result(self, key: str) -> ReadingResult | None:
        """See `Store.load_result`. A damaged result is set aside, and there is none."""
        try:
            manifest = self.results.read(key)
        except FileNotFoundError:
            return None
        except DamagedMemoryError as error:
            self.results.set_aside(key, str(error))
            return None
        if expired(self.results.entry(manifest), self.ttl_seconds, time.time()):
            return None
        self.checkpoints.touch(self.results.folder, key)
        return manifest.result

    def find_sources(self, query: str, limit: int = 5) -> list[Found]:
        """See `Store.find_sources`."""
        return self.catalogue.find(query, limit)

    def entries(self) -> list[Entry]:
        """See `Store.entries`. What is damaged is not listed; `verify` names it."""
        return self.holdings.entries()

    def forget(self, *, key: str | None = None, source: str | None = None) -> int:
        """See `Store.forget`."""
        return self.holdings.forget(key=key, source=source)

    def evict(self, room_for: int = 0, *, sparing: str = "") -> int:
        """Delete what is expired or past the quota (see `to_evict`). Returns how many entries went."""
        return self.holdings.evict(self.quota_bytes, self.ttl_seconds, room_for=room_for, sparing=sparing)

    def _commit(self, manifest: CheckpointManifest, blob: bytes) -> Entry:
        self._make_room(len(blob) + len(seal(manifest, "checkpoint")), sparing=manifest.key)
        manifest = self.checkpoints.write(manifest, blob)
        self.catalogue.add_checkpoint(manifest)
        return self.checkpoints.entry(self.checkpoints.folder_of(manifest.conditions), manifest)

    def _make_room(self, nbytes: int, *, sparing: str) -> None:
        if self.quota_bytes is not None and nbytes > self.quota_bytes:
            raise StoreFullError(
                f"one checkpoint takes {nbytes} bytes, and the quota is {self.quota_bytes}: raise it, or take a codec "
                "that packs closer"
            )
        if self.quota_bytes is not None or self.ttl_seconds is not None:
            self.evict(nbytes, sparing=sparing)

    def _mark(self) -> None:
        if not self._marked:
            mark(self.files)
            self._marked = True


def _opened_again(settings: dict[str, Any]) -> MemoryStore:
    """A pickled store, opened where it is unpickled."""
    return MemoryStore(**settings)
