"""One connection, used by one task at a time, that never retries and never lies about an outcome."""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import Sequence
from typing import Any

import hiredis
from redis.exceptions import RedisError

from messaging.seam.errors import ConnectionLost, MessagingError, ServerNotReady
from messaging.transport.connection import AnyConnection, Topology
from messaging.transport.scripts import BY_SHA, Script
from messaging.transport.translate import CONNECTION_ERRORS, REPLY_ERRORS, connection_error, is_no_script, reply_error

Command = tuple[Any, ...]
"""Name and arguments: str, bytes, int or float each."""
Reply = Any
"""A value, or a MessagingError standing in its place."""


def call(script: Script, keys: Sequence[str], *arguments: str | bytes | float) -> Command:
    """Return the command that runs a script."""
    return ("EVALSHA", script.sha, len(keys), *keys, *arguments)


class Link:
    """A connection to the server that holds one key, made when needed and again after a loss.

    It keeps apart what `redis.asyncio.Redis` mixes: a request that was certainly not sent
    (`ConnectionLost.sent` False), one whose reply was lost (True), and one that the server refused.
    A process that was forked makes a connection of its own.

    Attributes:
        connections: how many times it has connected.
    """

    def __init__(self, topology: Topology, key: str, timeout: float, connect_timeout: float) -> None:
        """Prepare a link to the server of `key`; an answer may take `timeout` seconds."""
        self._topology, self._key = topology, key
        self._timeout, self._connect_timeout = timeout, connect_timeout
        self._connection: AnyConnection | None = None
        self._lock, self._process = asyncio.Lock(), os.getpid()
        self.connections = 0

    async def open(self) -> None:
        """Connect, unless connected; raises MessagingError."""
        self._leave_inherited()
        async with self._lock:
            await self._open()

    async def one(self, command: Command, wait: float = 0.0) -> Reply:
        """Send one command and return its reply; raises MessagingError.

        Args:
            command: the command and its arguments.
            wait: how long the server may block before it answers, in seconds.
        """
        (reply,) = await self.many((command,), wait)
        if isinstance(reply, MessagingError):
            raise reply
        return reply

    async def many(self, commands: Sequence[Command], wait: float = 0.0) -> list[Reply]:
        """Send commands in one round trip and return as many replies, errors in their places.

        Never raises for what the server or the network does.
        """
        self._leave_inherited()
        async with self._lock:
            try:
                connection = await self._open()
            except MessagingError as error:
                return [error] * len(commands)
            replies = await self._exchange(connection, commands, self._timeout + wait)
            return await self._resend_unknown_scripts(connection, commands, replies)

    async def aclose(self) -> None:
        """Close the connection. Safe to call twice."""
        self._leave_inherited()
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)

    def _leave_inherited(self) -> None:
        """After a fork, leave the parent's connection alone."""
        if self._process != os.getpid():
            self._process, self._lock, self._connection = os.getpid(), asyncio.Lock(), None

    async def _open(self) -> AnyConnection:
        if self._connection is not None and await _is_spent(self._connection):
            await self.aclose()  # noticed before sending, so that nothing becomes unknown
        if self._connection is None:
            try:
                async with asyncio.timeout(self._connect_timeout):
                    self._connection = await self._topology.connect(self._key)
            except (*CONNECTION_ERRORS, RedisError) as error:
                raise connection_error(error, self._topology.address, sent=False, tls=self._topology.tls) from error
            self.connections += 1
        return self._connection

    async def _exchange(self, connection: AnyConnection, commands: Sequence[Command], timeout: float) -> list[Reply]:
        replies: list[Reply] = []
        try:
            try:
                async with asyncio.timeout(timeout):
                    await connection.send_packed_command([hiredis.pack_command(command) for command in commands])
                    await _collect(connection, replies, len(commands))
            except TimeoutError:  # a process that stood still wakes up late, with the replies in its socket
                async with asyncio.timeout(_LAST_LOOK):
                    await _collect(connection, replies, len(commands))
        except CONNECTION_ERRORS as error:
            await self.aclose()
            first = connection_error(error, self._topology.address, sent=True)
            lost = ConnectionLost(self._topology.address, "the reply was lost", sent=True)
            replies += [first] + [lost] * (len(commands) - len(replies) - 1)
        except BaseException:
            await self.aclose()
            raise
        if any(isinstance(reply, ServerNotReady) for reply in replies):
            await self.aclose()  # the next connection finds the primary, or the slot's new owner
        return replies

    async def _resend_unknown_scripts(
        self, connection: AnyConnection, commands: Sequence[Command], replies: list[Reply]
    ) -> list[Reply]:
        """Run by source what the server does not know by hash: NOSCRIPT says that nothing ran."""
        for index, reply in enumerate(replies):
            if reply is not _NO_SCRIPT:
                continue
            if self._connection is not connection:
                replies[index] = ConnectionLost(self._topology.address, "closed", sent=False)
                continue
            _, sha, *rest = commands[index]
            command = ("EVAL", BY_SHA[str(sha)].source, *rest)
            replies[index : index + 1] = await self._exchange(connection, (command,), self._timeout)
        return replies


_NO_SCRIPT = object()
_LAST_LOOK = 0.05
"""How long to read what has come meanwhile when the time is over, in seconds."""


async def _collect(connection: AnyConnection, replies: list[Reply], count: int) -> None:
    """Add replies until there are so many; a loss keeps those that came before it."""
    while len(replies) < count:
        replies.append(await _read(connection))


async def _read(connection: AnyConnection) -> Reply:
    try:
        return await connection.read_response(timeout=math.inf, disconnect_on_error=False)
    except REPLY_ERRORS as error:
        return _NO_SCRIPT if is_no_script(error) else reply_error(error)


async def _is_spent(connection: AnyConnection) -> bool:
    """Tell whether an idle connection was closed by the server, or holds a stray reply."""
    try:
        return await connection.can_read()
    except CONNECTION_ERRORS:
        return True
