"""Everything that a reliable queue holds, read at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
from redis import Redis

from messaging import decode
from messaging.seam import keys
from tests.model.letters import number_of_letter


class Entry(NamedTuple):
    """A batch in flight.

    Attributes:
        deliveries: its delivery number.
        first: when it was delivered first.
        messages: their counts, which tell the model's messages apart.
    """

    deliveries: int
    first: int
    messages: tuple[int, ...]


@dataclass(frozen=True)
class Snapshot:
    """Where each message is; two equal ones mean that nothing was changed.

    Attributes:
        listed, woken: what waits, in order.
        inflight: batch id -> entry.
        leases: batch id -> when it is due.
        dead: the dead letters, in order.
    """

    listed: tuple[int, ...]
    woken: tuple[int, ...]
    inflight: dict[str, Entry]
    leases: dict[str, float]
    dead: tuple[int, ...]

    @property
    def waiting(self) -> tuple[int, ...]:
        """What waits, in the order in which it is taken."""
        return self.woken + self.listed

    @property
    def held_in_order(self) -> list[str]:
        """Ids of the batches in flight by their messages: the ids themselves are different each time."""
        return sorted(self.inflight, key=lambda name: self.inflight[name].messages)

    def due(self, now: float) -> dict[int, int]:
        """Return the delivery number of each message whose lease has ended by then."""
        entries = [entry for name, entry in self.inflight.items() if self.leases[name] <= now]
        return {number: entry.deliveries for entry in entries for number in entry.messages}

    @property
    def everywhere(self) -> list[int]:
        """Every message as often as it is somewhere."""
        flying = [number for entry in self.inflight.values() for number in entry.messages]
        return sorted([*self.waiting, *flying, *self.dead])


def snapshot(client: Redis, destination: str) -> Snapshot:
    """Read it in one transaction."""
    with client.pipeline() as asking:
        asking.lrange(destination, 0, -1)
        asking.lrange(keys.woken(destination), 0, -1)
        asking.hgetall(keys.inflight(destination))
        asking.zrange(keys.leases(destination), 0, -1, withscores=True)
        asking.xrange(keys.dead_letters(destination))
        listed, woken, inflight, leases, dead = asking.execute()
    return Snapshot(
        _numbers(listed),
        _numbers(woken),
        {name.decode(): _entry(packed) for name, packed in inflight.items()},
        {name.decode(): score for name, score in leases},
        tuple(number_of_letter(fields) for _, fields in dead),
    )


def _entry(packed: bytes) -> Entry:
    count, first, bodies = msgspec.msgpack.decode(packed)
    return Entry(count, first, _numbers(body.encode() for body in bodies))


def _numbers(bodies: Any) -> tuple[int, ...]:  # noqa: ANN401 - any iterable of bytes
    return tuple(decode(body).count for body in bodies)
