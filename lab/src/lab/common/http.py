"""One HTTP request over a bare socket."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

_PATIENCE = 5.0


class Address(NamedTuple):
    """Where somebody listens."""

    host: str
    port: int


class FetchError(Exception):
    """There was no answer, or another one than 200.

    Attributes:
        status: the answer's status; 0 for none.
        body: what came with it.
    """

    def __init__(self, url: str, reason: str, status: int = 0, body: bytes = b"") -> None:
        """Say what was asked, and what came of it."""
        self.status, self.body = status, body
        super().__init__(f"{url}: {reason}")


async def fetch(address: Address, path: str) -> bytes:
    """Return what a GET answers.

    Raises:
        FetchError: nobody answered in time, or the answer is not 200.
    """
    url = f"http://{address.host}:{address.port}{path}"
    try:
        async with asyncio.timeout(_PATIENCE):
            head, _, body = (await _exchange(address, path)).partition(b"\r\n\r\n")
    except (OSError, TimeoutError) as error:
        raise FetchError(url, str(error) or "no answer in time") from None
    words = head.split(b" ", 2)
    if len(words) < 2 or not words[1].isdigit():  # noqa: PLR2004 - version and status
        raise FetchError(url, "the answer is not HTTP")
    if int(words[1]) != 200:  # noqa: PLR2004 - OK
        raise FetchError(url, f"answered {int(words[1])}", int(words[1]), body)
    return body


async def _exchange(address: Address, path: str) -> bytes:
    """Ask in HTTP/1.0: the answer then ends with the connection, and comes in one piece."""
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        writer.write(f"GET {path} HTTP/1.0\r\nHost: {address.host}\r\n\r\n".encode())
        await writer.drain()
        return await reader.read(-1)
    finally:
        writer.transport.abort()
