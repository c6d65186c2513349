"""A moment of a run, for people to look at."""

from __future__ import annotations

import time
from array import array
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from lab.evidence.ledger import Effect, History, Ledger, Send
from lab.verdict.latency import LatencySummary, summarize
from messaging.seam.pattern import Backlog

_B = TypeVar("_B", Send, Effect)
WINDOW = 3.0
"""How far back the present reaches, in seconds."""


@dataclass(frozen=True, slots=True)
class ReplicaView:
    """What one replica had of one pattern.

    Attributes:
        who: its name.
        received: messages that its handler was done with.
        share: its part of what was published, at most 1.
        latency: from the intended send until the handler had the message; None for no message.
    """

    who: str
    received: int
    share: float
    latency: LatencySummary | None


@dataclass(frozen=True, slots=True)
class PatternView:
    """What there is to see of one pattern.

    Attributes:
        pattern: its name.
        published: messages that were attempted.
        backlog: messages that Redis holds; None where it holds none.
        replicas: one for each subscriber that wrote, in the order of their names.
        latency: of all replicas together.
    """

    pattern: str
    published: int
    backlog: int | None
    replicas: Sequence[ReplicaView]
    latency: LatencySummary | None

    @property
    def received(self) -> int:
        """What all replicas received together."""
        return sum(replica.received for replica in self.replicas)


def look(
    ledger: Ledger, patterns: Sequence[str], backlogs: Mapping[str, Backlog], *, window: float
) -> list[PatternView]:
    """Return what there is to see of each pattern.

    Args:
        ledger: what has been read.
        patterns: their names.
        backlogs: what was asked of each.
        window: shares and latencies are those of so many last seconds; counts are of all time.
    """
    since = time.time() - window
    return [
        _view(ledger, pattern, ledger.histories.get(pattern) or History(""), backlogs, since) for pattern in patterns
    ]


def _view(ledger: Ledger, pattern: str, history: History, backlogs: Mapping[str, Backlog], since: float) -> PatternView:
    names = _names(ledger)
    sent = sum(map(len, _tail(history.sends, lambda send: send.at > since)))
    latencies: dict[str, list[array[float]]] = defaultdict(list)
    recent: dict[str, int] = defaultdict(int)
    received: dict[str, int] = dict.fromkeys(sorted(names.values()), 0)
    for writer, effects in history.effects.items():
        who = names[writer]
        received[who] += history.received[writer]
        for effect in _tail(effects, lambda effect: effect.at > since):
            recent[who] += len(effect)
            latencies[who] += effect.latencies()
    replicas = [
        ReplicaView(who, count, min(1.0, recent[who] / sent) if sent else 0.0, summarize(latencies[who]))
        for who, count in received.items()
    ]
    together = summarize(some for one in latencies.values() for some in one)
    return PatternView(pattern, history.attempted, _held(backlogs.get(pattern)), replicas, together)


def _names(ledger: Ledger) -> dict[str, str]:
    writers = ledger.writers.items()
    return {writer: one.who for writer, one in writers if one.role == "subscriber"}


def _tail(batches: Sequence[_B], recent: Callable[[_B], bool]) -> Sequence[_B]:
    """Return the last batches, as far back as they are recent."""
    start = len(batches)
    while start and recent(batches[start - 1]):
        start -= 1
    return batches[start:]


def _held(backlog: Backlog | None) -> int | None:
    return None if backlog is None else backlog.waiting
