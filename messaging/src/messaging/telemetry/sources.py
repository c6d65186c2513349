"""What probes and metrics look at: each pattern at work, and the process as a whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from messaging.counters import Counters
from messaging.telemetry.backlog import Levels
from messaging.telemetry.last_messages import Passing


@dataclass(frozen=True, slots=True)
class Server:
    """Where the messages go: a host's name, a socket's path or what Sentinel watches, and a port; "" and 0: untold."""

    address: str = ""
    port: int = 0


@dataclass(slots=True)
class Drops:
    """Spans that never reached the collector: they found no room, or it did not take them, or not in time."""

    queue_full: int = 0
    export_failed: int = 0


@dataclass(frozen=True, slots=True)
class Process:
    """What is measured of the process as a whole: lost spans, and for how many seconds it has been ending."""

    drops: Drops = field(default_factory=Drops)
    draining: Callable[[], float] = float


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
