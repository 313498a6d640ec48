"""Records as Chroma keeps them: ids, metadata, and back."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, cast

from smoothread_agent.memory.index import Record, RecordKind
from smoothread_agent.schema import SourceInfo


def described(records: Sequence[Record]) -> tuple[list[str], list[dict[str, str | int]]]:
    """Ids and metadata. `of` says how many records the entry has: a write cut off between two batches shows."""
    totals = Counter(record.entry for record in records)
    seen: Counter[str] = Counter()
    ids, metadatas = [], []
    for record in records:
        ids.append(f"{record.entry}:{seen[record.entry]}")
        seen[record.entry] += 1
        metadatas.append(_metadata(record, totals[record.entry]))
    return ids, metadatas


def _metadata(record: Record, of: int) -> dict[str, str | int]:
    """The same fields for every record: Chroma merges metadata on upsert, and a field left out would survive."""
    return {
        "entry": record.entry,
        "of": of,
        "revision": record.revision,
        "kind": record.kind,
        "start": record.start,
        "end": record.end,
        "source_name": record.source.name,
        "source_digest": record.source.digest,
        "source_characters": record.source.characters,
        "source_media_type": record.source.media_type,
    }


def record_of(metadata: Mapping[str, Any], text: str) -> Record:
    """The record that `described` described."""
    source = SourceInfo(
        name=metadata["source_name"],
        digest=metadata["source_digest"],
        characters=metadata["source_characters"],
        media_type=metadata["source_media_type"],
    )
    return Record(
        entry=metadata["entry"],
        revision=metadata["revision"],
        kind=cast(RecordKind, metadata["kind"]),
        text=text,
        source=source,
        start=metadata["start"],
        end=metadata["end"],
    )
