"""Publishing to what stays in Redis, a list or a stream: bounded in length, replicas waited for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from messaging.patterns.encoding import send_encoded
from messaging.seam.errors import BacklogFull, MessagingError, NotReplicated, WrongType
from messaging.seam.message import Message
from messaging.seam.options import Options
from messaging.seam.outcomes import Acknowledged, Failed, Outcome, Unknown
from messaging.seam.pattern import Backlog
from messaging.transport.connection import Topology
from messaging.transport.link import Command, Link, Reply


class Store(Protocol):
    """One kind of key: how it is made ready, written and measured."""

    kind: str
    """What TYPE says of it."""

    async def prepare(self, link: Link) -> None:
        """Make it ready for its first message; raises MessagingError."""

    length: Command
    """The command that tells what it holds."""

    def held(self, reply: Reply) -> int | None:
        """Return how many messages MAX_LENGTH counts, from the reply to `length`; None: the server does not know."""

    def write(self, bodies: list[bytes]) -> list[Command]:
        """Return the commands that append the bodies; the last one's reply tells what it holds then."""

    def outcomes(self, replies: list[Reply], count: int) -> list[Outcome]:
        """Return what became of each of `count` messages."""

    async def backlog(self, link: Link) -> Backlog:
        """Ask what waits and what is in flight; raises MessagingError."""


class StoredPublisher:
    """A `Publisher` to a list or a stream."""

    def __init__(self, topology: Topology, options: Options, store: Store) -> None:
        """Publish to `options.destination`, which is a `store`."""
        self._options, self._store = options, store
        self._link = Link(topology, options.destination, options.timeout, options.connect_timeout)
        self._length = options.max_length  # as it was after our last publish; before the first, ask

    async def open(self) -> None:
        """Connect, check the key's type and make it ready."""
        await check_type(self._link, self._options.destination, self._store.kind)
        await self._store.prepare(self._link)

    async def publish(self, messages: Sequence[Message]) -> list[Outcome]:
        """Append them in one round trip."""
        return await send_encoded(messages, self._options.message_bytes, self._send)

    async def _send(self, bodies: list[bytes]) -> list[Outcome]:
        try:
            await self._check_room()
        except MessagingError as error:
            return [Failed(error)] * len(bodies)  # asking stored nothing, whatever became of it
        commands = self._store.write(bodies)
        replies = await self._link.many(commands + self._wait(), self._options.wait_timeout)
        written = replies[: len(commands)]
        self._saw(written[-1])
        return self._replicated(self._store.outcomes(written, len(bodies)), replies[len(commands) :])

    async def backlog(self) -> Backlog:
        """Ask how much the destination holds."""
        return await self._store.backlog(self._link)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._link.aclose()

    async def _check_room(self) -> None:
        """Refuse when it is full: it was after our last publish, and asked again it still is."""
        limit = self._options.max_length
        if limit and self._length >= limit:
            self._saw(await self._link.one(self._store.length))
            if self._length >= limit:
                raise BacklogFull(self._options.destination, self._length, limit)

    def _saw(self, reply: Reply) -> None:
        if not isinstance(reply, MessagingError) and (held := self._store.held(reply)) is not None:
            self._length = held

    def _wait(self) -> list[Command]:
        options = self._options
        milliseconds = int(options.wait_timeout * 1000)
        if options.wait_fsync:
            return [("WAITAOF", 1, options.wait_replicas, milliseconds)]
        return [("WAIT", options.wait_replicas, milliseconds)] if options.wait_replicas else []

    def _replicated(self, outcomes: list[Outcome], waited: list[Reply]) -> list[Outcome]:
        """Turn what was stored, but not as safely as asked for, into Unknown."""
        if not waited or self._is_safe(waited[0]):
            return outcomes
        error = waited[0] if isinstance(waited[0], MessagingError) else self._too_few(waited[0])
        return [Unknown(error) if isinstance(one, Acknowledged) else one for one in outcomes]

    def _is_safe(self, reply: Reply) -> bool:
        if isinstance(reply, MessagingError):
            return False
        local, replicas = reply if self._options.wait_fsync else (1, reply)
        return bool(local >= 1 and replicas >= self._options.wait_replicas)

    def _too_few(self, reply: Reply) -> MessagingError:
        command, *arguments = self._wait()[0]
        asked = f"{command} {' '.join(map(str, arguments))}"
        return NotReplicated(self._options.destination, asked, str(reply))


async def check_type(link: Link, key: str, kind: str) -> None:
    """Connect and make sure that a key is of our kind, or not there yet.

    Raises:
        WrongType: another program uses the key.
        MessagingError: the server could not be asked.
    """
    found = (await link.one(("TYPE", key))).decode()
    if found not in {kind, "none"}:
        raise WrongType(f"WRONGTYPE {key} is a {found}, not a {kind}")
