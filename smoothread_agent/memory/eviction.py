"""Which entries go when there is no more room: what is expired, then the least recently used, the dearest last."""

from collections.abc import Sequence

from smoothread_agent.memory.entries import Entry


def expired(entry: Entry, ttl_seconds: float | None, now: float) -> bool:
    """Whether `entry` was not used for longer than `ttl_seconds`."""
    return ttl_seconds is not None and now - entry.used > ttl_seconds


def to_evict(
    entries: Sequence[Entry],
    *,
    quota_bytes: int | None,
    ttl_seconds: float | None,
    now: float,
    room_for: int = 0,
    sparing: str = "",
) -> list[Entry]:
    """The entries that go.

    Intermediate checkpoints go first, then final ones, then results, which are small; each kind from the least recently
    used on.

    Args:
        entries: all there are.
        quota_bytes: what they may take together with what is about to come; none: no bound.
        ttl_seconds: see `expired`.
        now: seconds since 1970.
        room_for: bytes about to come.
        sparing: key of an entry that stays, for what is about to come replaces it.
    """
    others = [entry for entry in entries if entry.key != sparing]
    gone = [entry for entry in others if expired(entry, ttl_seconds, now)]
    if quota_bytes is None:
        return gone
    kept = [entry for entry in others if not expired(entry, ttl_seconds, now)]
    kept.sort(key=lambda entry: (entry.kind == "result", entry.final, entry.used))
    total = room_for + sum(entry.nbytes for entry in kept)
    for entry in kept:
        if total <= quota_bytes:
            break
        gone.append(entry)
        total -= entry.nbytes
    return gone
