"""Every name in Redis: destinations, helper keys, dead letters. Nowhere else is one built."""

from __future__ import annotations

PUBSUB = "messages"
"""Default channel of `pubsub`."""
SHARDED_PUBSUB = "sharded_messages"
"""Default channel of `sharded-pubsub`."""
QUEUE = "message_queue"
"""Default list of `queue`."""
RELIABLE_QUEUE = "reliable_message_queue"
"""Default list of `reliable-queue`."""
STREAM = "message_stream"
"""Default stream of `stream`."""
GROUP = "subscribers"
"""Default consumer group of `stream`."""
STREAM_FIELD = "data"
"""The one field of a stream's entry: the message's JSON."""


def has_hash_tag(name: str) -> bool:
    """Tell whether Redis Cluster would hash only a part of the name: the first {...} with content."""
    opening = name.find("{")
    return opening >= 0 and name.find("}", opening + 1) > opening + 1


def _beside(destination: str) -> str:
    return destination if has_hash_tag(destination) else f"{{{destination}}}"


def woken(destination: str) -> str:
    """List of a reliable queue's messages that a blocked consumer moved, owned by nobody."""
    return f"{_beside(destination)}:woken"


def leases(destination: str) -> str:
    """Sorted set of a reliable queue: batch id -> when its lease is due, ms of the server's time."""
    return f"{_beside(destination)}:leases"


def inflight(destination: str) -> str:
    """Hash of a reliable queue: batch id -> delivery count, first delivery and bodies, packed."""
    return f"{_beside(destination)}:inflight"


def dead_letters(destination: str) -> str:
    """Stream of the dead letters of a destination, in the same hash slot."""
    return f"dead_letters:{_beside(destination)}"


def of_destination(destination: str) -> tuple[str, ...]:
    """Every key that a list or stream and what stands beside it may take up, all in one hash slot."""
    beside = (woken, leases, inflight, dead_letters)
    return (destination, *(name(destination) for name in beside))


def ledger_writers(run: str) -> str:
    """Set, on the ledger's server, of the ids of those who wrote about a run."""
    return f"ledger:{{{run}}}:writers"


def ledger_records(run: str, writer: str) -> str:
    """List, on the ledger's server, of what one writer recorded about a run."""
    return f"ledger:{{{run}}}:records:{writer}"


def round_trip(run: str, pattern: str) -> str:
    """Destination of one run of `messaging.round_trip`; a user with a right to `test:*` can do all of it."""
    return f"test:{{{run}}}:{pattern}"
