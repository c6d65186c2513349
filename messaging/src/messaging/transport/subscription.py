"""A connection that is subscribed to one channel."""

from __future__ import annotations

import asyncio
import os
import time

from redis.exceptions import RedisError

from messaging.seam.options import Options
from messaging.transport.connection import AnyConnection, Topology
from messaging.transport.translate import CONNECTION_ERRORS, connection_error, reply_error


class Subscription:
    """Subscribes, reads, and notices a dead connection, also one on which nothing comes.

    A process that was forked subscribes for itself.

    Attributes:
        connections: how many times it has subscribed.
    """

    def __init__(self, topology: Topology, options: Options, *, sharded: bool) -> None:
        """Subscribe to `options.destination`, with SSUBSCRIBE where `sharded`."""
        self._topology, self._options = topology, options
        self._subscribe, self._unsubscribe = ("SSUBSCRIBE", "SUNSUBSCRIBE") if sharded else ("SUBSCRIBE", "UNSUBSCRIBE")
        self._message = b"smessage" if sharded else b"message"
        self._connection: AnyConnection | None = None
        self._process = os.getpid()
        self._heard = 0.0
        self._asked = self._leaving = self._left = False
        self.connections = 0

    async def open(self) -> None:
        """Connect, subscribe, and return when the server has confirmed; raises MessagingError."""
        self._leaving = self._left = False
        await self._opened()

    def _leave_inherited(self) -> None:
        """After a fork, forget the parent's connection, as `Link` does."""
        if self._process != os.getpid():
            self._process, self._connection = os.getpid(), None

    async def _opened(self) -> AnyConnection:
        self._leave_inherited()
        if self._connection is not None:
            return self._connection
        options = self._options
        try:
            async with asyncio.timeout(options.connect_timeout + options.timeout):
                self._connection = connection = await self._topology.connect(options.destination)
                await connection.send_command(self._subscribe, options.destination)
                await connection.read_response()
        except (*CONNECTION_ERRORS, RedisError) as error:
            await self.aclose()
            raise self._translated(error, tls=self._topology.tls) from error
        self._heard, self._asked = time.monotonic(), False
        self.connections += 1
        return connection

    async def read(self, limit: int, wait: float) -> list[bytes]:
        """Return up to `limit` bodies, waiting at most `wait` seconds for the first; raises MessagingError.

        Connects again first where the connection was lost. After `leave` it returns what had come by then, and none
        when that is all.
        """
        if self._left:
            return []
        connection = await self._opened()
        bodies: list[bytes] = []
        try:
            await self._collect(connection, bodies, limit, wait)
            if not self._leaving:
                await self._watch(connection, heard=bool(bodies))
        except (*CONNECTION_ERRORS, RedisError) as error:
            await self.aclose()
            if not bodies:
                raise self._translated(error) from error
        return bodies

    async def _collect(self, connection: AnyConnection, bodies: list[bytes], limit: int, wait: float) -> None:
        """Add what has come; a loss keeps what came before it."""
        while len(bodies) < limit and not self._left:
            if bodies and not await connection.can_read():
                break
            reply = await connection.read_response(timeout=0.0 if bodies else wait, disconnect_on_error=False)
            if reply is None:
                break
            if reply[0] == self._message:
                bodies.append(reply[2])
            elif not self._goes_on(reply):
                break

    async def leave(self) -> None:
        """Unsubscribe; raises MessagingError.

        The server confirms it behind the last message that it sends, so that `read` knows when all have come.
        """
        self._leave_inherited()
        self._leaving, self._left = True, self._connection is None
        if self._connection is not None:
            try:
                await self._connection.send_command(self._unsubscribe, self._options.destination)
            except (*CONNECTION_ERRORS, RedisError) as error:
                await self.aclose()
                raise self._translated(error) from error

    async def aclose(self) -> None:
        """Close the connection, which ends the subscription. Safe to call twice."""
        self._leave_inherited()
        self._left = self._leaving
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)

    def _goes_on(self, reply: list[bytes]) -> bool:
        """Take note of what is no message; return whether to wait for another one.

        A pong ends a wait. So does the end of the subscription that was asked for; another one, as when a slot moves
        away, ends the connection.
        """
        if reply[0] in {b"unsubscribe", b"sunsubscribe"}:
            if not self._leaving:
                raise ConnectionError("the server ended the subscription")
            self._left = True
        self._heard, self._asked = time.monotonic(), False
        return self._leaving and not self._left

    async def _watch(self, connection: AnyConnection, *, heard: bool) -> None:
        """Ask a silent server for a sign of life: a connection can be dead without an error."""
        now = time.monotonic()
        if heard:
            self._heard, self._asked = now, False
        elif self._asked and now - self._heard > self._options.timeout:
            raise ConnectionError(f"no sign of life for {self._options.timeout} s")
        elif not self._asked and now - self._heard >= min(1.0, self._options.timeout):
            self._heard, self._asked = now, True
            await connection.send_command("PING", check_health=False)

    def _translated(self, error: Exception, *, tls: bool | None = None) -> Exception:
        if isinstance(error, CONNECTION_ERRORS):
            return connection_error(error, self._topology.address, sent=False, tls=tls)
        return reply_error(error)
