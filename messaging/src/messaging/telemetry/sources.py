"""What probes and metrics look at: each pattern at work, and the process as a whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from messaging.counters import Counters
from messaging.telemetry.backlog import Levels
from messaging.telemetry.last_messages import Passing


@dataclass(slots=True)
class Drops:
    """Spans that never reached the collector.

    Attributes:
        queue_full: found no room.
        export_failed: were not taken by the collector, or were too late for it.
    """

    queue_full: int = 0
    export_failed: int = 0


def _not_draining() -> float:
    return 0.0


@dataclass(frozen=True, slots=True)
class Process:
    """What is measured of the process as a whole.

    Attributes:
        drops: what its telemetry lost.
        draining: for how long it has been ending, in seconds.
    """

    drops: Drops = field(default_factory=Drops)
    draining: Callable[[], float] = _not_draining


@dataclass(frozen=True, slots=True)
class Source:
    """One pattern at work, as probes and metrics see it.

    Attributes:
        pattern: its name.
        destination: the channel, list or stream.
        operation: "send" or "receive" (`messaging.telemetry.names`).
        counters: what happened so far.
        heartbeat: when its loop last turned, on the monotonic clock.
        ready: whether it is connected and joined now.
        levels: what the server says of the destination; None: nobody asks.
        passing: its last messages; None: they are not kept.
    """

    pattern: str
    destination: str
    operation: str
    counters: Counters
    heartbeat: Callable[[], float]
    ready: Callable[[], bool]
    levels: Levels | None = None
    passing: Passing | None = None
