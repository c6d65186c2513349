"""Asks a service's probes, over a bare socket."""

from __future__ import annotations

import asyncio

from lab.common.http import Address

_PATIENCE = 2.0


async def is_ready(address: Address) -> bool:
    """Return whether /readyz answers 200; nobody listening, or no answer in time, is a no."""
    try:
        async with asyncio.timeout(_PATIENCE):
            status = await _status(address, "/readyz")
    except (OSError, TimeoutError):
        return False
    return b" 200 " in status


async def _status(address: Address, path: str) -> bytes:
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        request = f"GET {path} HTTP/1.1\r\nHost: {address.host}\r\nConnection: close\r\n\r\n"
        writer.write(request.encode())
        await writer.drain()
        return await reader.readline()
    finally:
        writer.transport.abort()
