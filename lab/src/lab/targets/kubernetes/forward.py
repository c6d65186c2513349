"""A port of this machine that leads into a pod, each connection by a web socket of its own, as kubectl port-forward."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from types import TracebackType
from typing import Self

import aiohttp

from lab.common.http import Address
from lab.common.ports import LOOPBACK
from lab.targets.kubernetes.cluster import PODS, Cluster, ClusterError

_CHUNK = 65_536
_DATA, _ERROR = 0, 1


class Forward:
    """Listens while it is entered; a connection that cannot reach the pod is closed.

    Attributes:
        address: where it listens.
    """

    address: Address

    def __init__(self, cluster: Cluster, namespace: str, pod: str, port: int) -> None:
        """Prepare; entering listens."""
        self._cluster, self._port = cluster, port
        self._path = PODS.path(namespace, pod, "portforward")
        self._open: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, LOOPBACK, 0)
        self.address = Address(LOOPBACK, self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the port and what came through it."""
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def _accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.ensure_future(self._carry(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _carry(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            async with self._cluster.socket(self._path, [("ports", str(self._port))]) as socket:
                ways = [asyncio.ensure_future(_up(reader, socket)), asyncio.ensure_future(_down(socket, writer))]
                try:
                    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for way in ways:
                        way.cancel()
                    await asyncio.gather(*ways, return_exceptions=True)
        except (ClusterError, aiohttp.ClientError, OSError):
            pass  # whoever connected sees that the connection ends
        finally:
            writer.transport.abort()


async def _up(reader: StreamReader, socket: aiohttp.ClientWebSocketResponse) -> None:
    while data := await reader.read(_CHUNK):
        await socket.send_bytes(bytes((_DATA,)) + data)


async def _down(socket: aiohttp.ClientWebSocketResponse, writer: StreamWriter) -> None:
    """Pass on what comes; each channel begins with the number of its port, and an error ends all."""
    begun: set[int] = set()
    async for message in socket:
        if message.type is not aiohttp.WSMsgType.BINARY:
            return
        channel, data = message.data[0], message.data[1:]
        if channel not in begun:
            begun.add(channel)
            data = data[2:]
        if channel == _ERROR and data:
            return
        if channel == _DATA and data:
            writer.write(data)
            await writer.drain()
