"""What the server can do, asked with COMMAND DOCS: COMMAND INFO does not show options, versions lie."""

from __future__ import annotations

from messaging.transport.link import Link


async def has_command(link: Link, name: str) -> bool:
    """Tell whether the server knows a command; raises MessagingError."""
    return bool(await link.one(("COMMAND", "DOCS", name)))
