"""Who gets how much, from one look at the replicas after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lab.verdict.fairness import fairness
from lab.watch.figures import Figures
from lab.watch.latencies import NOW, Recent
from messaging.patterns import PATTERNS


@dataclass(frozen=True, slots=True)
class Part:
    """What one replica has of one pattern.

    Attributes:
        who: its name.
        received: since it started.
        share: of what was received since the replicas last changed; of fan-out patterns, of what
            the replica that had most has.
        rate: messages/s since the last look.
    """

    who: str
    received: int
    share: float
    rate: float


@dataclass(frozen=True, slots=True)
class Sharing:
    """How one pattern's messages are shared.

    Attributes:
        pattern: its name.
        rate: messages/s that were sent since the last look.
        waiting: what waits in Redis; None: nobody knows.
        in_flight: what is delivered and not settled; None: nobody knows.
        jain: Jain's index of what was received since the replicas last changed: 1 is even, 1/n is all to
            one; None before anything was.
        parts: each replica's, by name.
        dead: messages that its replicas, those of now, put among the dead letters.
        p50, p99: latency that half, and 99 % of the last minutes' messages did not exceed, in seconds.
        now_p50, now_p99: the same of the last seconds' messages.
    """

    pattern: str
    rate: float
    waiting: int | None
    in_flight: int | None
    jain: float | None
    parts: Sequence[Part]
    dead: int = 0
    p50: float | None = None
    p99: float | None = None
    now_p50: float | None = None
    now_p99: float | None = None

    @property
    def received(self) -> float:
        """Messages/s that all replicas received since the last look."""
        return sum(part.rate for part in self.parts)


def nobody(pattern: str) -> Sharing:
    """Return what there is of a pattern that no replica speaks of."""
    return Sharing(pattern, 0.0, None, None, None, ())


class Observer:
    """Compares looks. The first one only sets where counting begins."""

    def __init__(self) -> None:
        """Begin without a look."""
        self._base: Mapping[str, Figures] = {}
        self._last: Mapping[str, Figures] = {}
        self._at = 0.0
        self._latencies: dict[str, Recent] = {}

    def look(self, replicas: Mapping[str, Figures], now: float) -> list[Sharing]:
        """Take a look and return what it shows, the weakest promise first.

        Args:
            replicas: each one's figures, by its name.
            now: the time, in seconds on any clock that runs on.
        """
        before, seconds = self._last, now - self._at
        if before.keys() != replicas.keys() or _restarted(before, replicas):
            self._base = replicas
        self._last, self._at = replicas, now
        seen = {pattern for one in replicas.values() for pattern in (*one.sent, *one.received)}
        return [self._sharing(pattern, before, seconds) for pattern in PATTERNS if pattern in seen]

    def _recent(self, pattern: str, before: Mapping[str, Figures]) -> Recent:
        recent = self._latencies.setdefault(pattern, Recent())
        recent.add(pattern, before, self._last, self._at)
        return recent

    def _sharing(self, pattern: str, before: Mapping[str, Figures], seconds: float) -> Sharing:
        receivers = {who: one for who, one in sorted(self._last.items()) if pattern in one.received}
        since = {
            who: one.received[pattern] - self._base[who].received.get(pattern, 0.0) for who, one in receivers.items()
        }
        whole = (max if PATTERNS[pattern].guarantee.fan_out else sum)(since.values()) if since else 0.0
        parts = []
        for who, one in receivers.items():
            count = one.received[pattern]
            earlier = before[who].received.get(pattern, 0.0) if who in before else count
            share = since[who] / whole if whole else 0.0
            parts.append(Part(who, int(count), share, _rate(count - earlier, seconds)))
        sent = sum(
            _sent(one, pattern) - _sent(before[who], pattern) for who, one in self._last.items() if who in before
        )
        jain = fairness(list(since.values())).jain if whole else None
        recent = self._recent(pattern, before)
        return Sharing(
            pattern=pattern,
            rate=_rate(sent, seconds),
            waiting=self._most(pattern, "waiting"),
            in_flight=self._most(pattern, "in_flight"),
            jain=jain,
            parts=parts,
            dead=int(sum(one.dead.get(pattern, 0.0) for one in self._last.values())),
            p50=recent.percentile(0.5),
            p99=recent.percentile(0.99),
            now_p50=recent.percentile(0.5, NOW),
            now_p99=recent.percentile(0.99, NOW),
        )

    def _most(self, pattern: str, level: str) -> int | None:
        """Return a level that every replica asks the same server for: the highest answer."""
        known = [getattr(one, level).get(pattern) for one in self._last.values()]
        return max((int(value) for value in known if value is not None), default=None)


def _restarted(before: Mapping[str, Figures], now: Mapping[str, Figures]) -> bool:
    """Tell whether somebody counts from 0 again under the name that it had."""
    return any(
        figures.received.get(pattern, 0.0) < before[who].received[pattern]
        for who, figures in now.items()
        for pattern in before[who].received
    )


def _sent(figures: Figures, pattern: str) -> float:
    return figures.sent.get(pattern, 0.0)


def _rate(count: float, seconds: float) -> float:
    return count / seconds if seconds > 0 else 0.0
