"""The stream's world: what it holds, and how a lease ends in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from messaging import decode
from messaging.seam import keys
from tests.model.letters import number_of_letter
from tests.model.world import LEASE, Hand, World

_ALL = 10_000
_LEASE_MS = int(LEASE * 1000)


class Pending(NamedTuple):
    """An entry that was delivered and not settled.

    Attributes:
        number: its message's count.
        owner: the name of the consumer that has it.
        deliveries: its delivery number.
        due: whether its lease has ended.
    """

    number: int
    owner: str
    deliveries: int
    due: bool


@dataclass(frozen=True)
class Snapshot:
    """Where each message is; two equal ones mean that nothing was changed.

    Attributes:
        waiting: what the group has not had yet, in order.
        pending: entry id -> what is pending.
        kept: settled entries that still stand in the stream.
        lag: what the server calls waiting.
        dead: the dead letters, in order.
    """

    waiting: tuple[int, ...]
    pending: dict[bytes, Pending]
    kept: tuple[int, ...]
    lag: int | None
    dead: tuple[int, ...]

    @property
    def everywhere(self) -> list[int]:
        """Every message that is not settled, as often as it is somewhere."""
        return sorted([*self.waiting, *(one.number for one in self.pending.values()), *self.dead])

    def of(self, number: int) -> Pending | None:
        """Return what is pending of a message."""
        return next((one for one in self.pending.values() if one.number == number), None)


class StreamWorld(World):
    """A stream with a group."""

    def __init__(self, host: str, port: int, destination: str) -> None:
        """Use a stream of one's own on this server."""
        super().__init__("stream", host, port, destination)

    def look(self) -> Snapshot:
        """Read everything that the server has, in one transaction."""
        stream, group = self.destination, self.options.group
        with self.client.pipeline() as asking:
            asking.xrange(stream)
            asking.xpending_range(stream, group, "-", "+", _ALL)
            asking.xpending_range(stream, group, "-", "+", _ALL, idle=_LEASE_MS)
            asking.xinfo_groups(stream)
            asking.xrange(keys.dead_letters(stream))
            rows, pending, due, (facts,), dead = asking.execute()
        numbers = {entry_id: _number(fields[b"data"]) for entry_id, fields in rows}
        overdue = {row["message_id"] for row in due}
        taken = {
            row["message_id"]: Pending(
                numbers[row["message_id"]],
                row["consumer"].decode(),
                row["times_delivered"],
                row["message_id"] in overdue,
            )
            for row in pending
        }
        last = _place(facts["last-delivered-id"])
        return Snapshot(
            tuple(number for entry_id, number in numbers.items() if _place(entry_id) > last),
            taken,
            tuple(n for entry_id, n in numbers.items() if _place(entry_id) <= last and entry_id not in taken),
            facts["lag"],
            tuple(number_of_letter(fields) for _, fields in dead),
        )

    def end_lease(self, entry_id: bytes, pending: Pending) -> None:
        """Let the lease of an entry have ended."""
        self.client.xclaim(
            self.destination,
            self.options.group,
            pending.owner,
            0,
            [entry_id],
            idle=_LEASE_MS,
            retrycount=pending.deliveries,
            justid=True,
        )
        for hand in self.hands:
            hand.ended |= pending.number in hand.numbers

    def held(self, before: Snapshot, hand: Hand) -> list[bool]:
        """Return of each message in hand whether it was still this consumer's, at the delivery that it had."""
        return [
            (one := before.of(delivery.message.count)) is not None
            and (one.owner, one.deliveries) == (hand.name, delivery.count)
            for delivery in hand.batch.deliveries
        ]


def _number(body: bytes) -> int:
    return decode(body).count


def _place(entry_id: Any) -> tuple[int, ...]:  # noqa: ANN401 - bytes, of whatever redis-py calls them
    return tuple(map(int, entry_id.split(b"-")))
