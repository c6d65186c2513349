"""A way to the server on which a chosen reply is lost, after the request was carried out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from redis.asyncio import Connection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


class Lossy:
    """A `messaging.transport.connection.Topology` that loses replies when it is told to."""

    tls = False

    def __init__(self, host: str, port: int) -> None:
        """Lead to this server."""
        self.address = f"{host}:{port}"
        self._host, self._port = host, port
        self._countdown = 0

    async def connect(self, key: str) -> Connection:
        """Open a connection."""
        del key
        connection = _Connection(self, self._host, self._port)
        await connection.connect()  # type: ignore[no-untyped-call]
        return connection

    @contextmanager
    def losing(self, which: int) -> Iterator[None]:
        """Lose the reply of this number, from 1; 0 loses none."""
        self._countdown = which
        yield
        self._countdown = 0

    def loses(self) -> bool:
        """Count a reply, and tell whether it is the one to lose."""
        self._countdown -= 1
        return self._countdown == 0


class _Connection(Connection):
    def __init__(self, way: Lossy, host: str, port: int) -> None:
        super().__init__(host=host, port=port, protocol=2, retry=Retry(NoBackoff(), 0), driver_info=None)
        self._way = way

    async def read_response(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - as redis-py has it
        reply = await super().read_response(*arguments, **options)
        if self._way.loses():
            raise ConnectionError("the reply is lost")
        return reply
