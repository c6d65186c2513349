"""What `queue` and `reliable-queue` share: a list, appended to with one variadic RPUSH."""

from __future__ import annotations

from messaging.seam.errors import MessagingError
from messaging.seam.outcomes import Acknowledged, Outcome
from messaging.seam.pattern import Backlog
from messaging.transport.link import Command, Link, Reply
from messaging.transport.replies import refused


class ListStore:
    """A `Store` that is a list, with what may stand beside it."""

    kind = "list"

    def __init__(self, destination: str, *, woken: str = "", leases: str = "") -> None:
        """Append to `destination`; `woken` and `leases` are counted in the backlog where given."""
        self._destination, self._woken, self._leases = destination, woken, leases
        self.length: Command = ("LLEN", destination)

    def held(self, reply: Reply) -> int:
        """Return the list's length."""
        return int(reply)

    async def prepare(self, link: Link) -> None:
        """A list needs nothing."""

    def write(self, bodies: list[bytes]) -> list[Command]:
        """One command, whatever their number."""
        return [("RPUSH", self._destination, *bodies)]

    def outcomes(self, replies: list[Reply], count: int) -> list[Outcome]:
        """Each message is acknowledged by the list's length as it was after it."""
        (reply,) = replies
        if isinstance(reply, MessagingError):
            return [refused(reply)] * count
        return [Acknowledged(reply - count + place) for place in range(1, count + 1)]

    async def backlog(self, link: Link) -> Backlog:
        """Waiting: the list and what was woken for nobody yet. In flight: the leases."""
        commands: list[Command] = [self.length]
        if self._woken:
            commands += [("LLEN", self._woken), ("ZCARD", self._leases)]
        replies = await link.many(commands)
        for reply in replies:
            if isinstance(reply, MessagingError):
                raise reply
        if not self._woken:
            return Backlog(waiting=replies[0])
        return Backlog(waiting=replies[0] + replies[1], in_flight=replies[2])
