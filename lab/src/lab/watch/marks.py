"""What happened, as the figures themselves tell: replicas come and go, Redis is gone and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from lab.watch.figures import Figures


class Kind(StrEnum):
    """What a mark tells."""

    CAME = "came"
    GONE = "gone"
    RESTARTED = "restarted"
    REDIS_GONE = "Redis gone"
    REDIS_BACK = "Redis back"


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened between two looks.

    Attributes:
        at: when the second look was, on its clock.
        kind: what.
        who: the replica; "" for Redis.
    """

    at: float
    kind: Kind
    who: str = ""


def marks(before: Mapping[str, Figures], now: Mapping[str, Figures], at: float) -> list[Mark]:
    """Compare two looks; the first look of all, which has none before it, tells nothing."""
    if not before:
        return []
    found = [Mark(at, Kind.CAME, who) for who in sorted(now.keys() - before.keys())]
    found += [Mark(at, Kind.GONE, who) for who in sorted(before.keys() - now.keys())]
    found += [
        Mark(at, Kind.RESTARTED, who) for who in sorted(now.keys() & before.keys()) if anew(before[who], now[who])
    ]
    if redis_gone(now) and not redis_gone(before):
        found.append(Mark(at, Kind.REDIS_GONE))
    if redis_gone(before) and now and not redis_gone(now):
        found.append(Mark(at, Kind.REDIS_BACK))
    return found


def redis_gone(replicas: Mapping[str, Figures]) -> bool:
    """Tell whether there are replicas, and none is connected."""
    ready = [value for one in replicas.values() for value in one.ready.values()]
    return bool(ready) and not any(ready)


def anew(before: Figures, now: Figures) -> bool:
    """Tell whether it counts from 0 again."""
    counts = ((before.received, now.received), (before.sent, now.sent))
    return any(later.get(pattern, 0.0) < earlier[pattern] for earlier, later in counts for pattern in earlier)
