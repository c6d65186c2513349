"""What happened, as figures and Deployments tell: replicas come and go, a rollout begins, Redis is gone and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from lab.watch.figures import Figures
from lab.watch.replicas import Group


class Kind(StrEnum):
    """What a mark tells."""

    CAME = "came"
    GONE = "gone"
    RESTARTED = "restarted"
    REDIS_GONE = "Redis gone"
    REDIS_BACK = "Redis back"
    ROLLOUT = "rollout"
    COMPLETE = "complete"
    SCALED = "scaled to"
    SCENARIO = "scenario"


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened between two looks.

    Attributes:
        at: when the second look was, on its clock.
        kind: what.
        who: the replica, the Deployment or the scenario; "" for Redis.
        more: what else there is to say.
    """

    at: float
    kind: Kind
    who: str = ""
    more: str = ""

    def __str__(self) -> str:
        """Return it in words."""
        return " ".join(word for word in (self.who, "" if self.kind is Kind.SCENARIO else self.kind, self.more) if word)


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


def group_marks(before: Mapping[str, Group], now: Mapping[str, Group], at: float) -> list[Mark]:
    """Compare two looks at the Deployments: which are rolled out or scaled, and which of these are done."""
    found = []
    for name in sorted(before.keys() & now.keys()):
        then, one = before[name], now[name]
        if one.revision != then.revision:
            found.append(Mark(at, Kind.ROLLOUT, name, one.revision))
        if one.wanted != then.wanted:
            found.append(Mark(at, Kind.SCALED, name, str(one.wanted)))
        if one.settled and not then.settled:
            found.append(Mark(at, Kind.COMPLETE, name))
    return found


def redis_gone(replicas: Mapping[str, Figures]) -> bool:
    """Tell whether there are replicas, and none is connected."""
    ready = [value for one in replicas.values() for value in one.ready.values()]
    return bool(ready) and not any(ready)


def anew(before: Figures, now: Figures) -> bool:
    """Tell whether it counts from 0 again."""
    counts = ((before.received, now.received), (before.sent, now.sent))
    return any(later.get(pattern, 0.0) < earlier[pattern] for earlier, later in counts for pattern in earlier)
