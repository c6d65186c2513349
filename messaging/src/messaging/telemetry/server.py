"""The server, as spans tell it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Server:
    """Where the messages go.

    Attributes:
        address: host name, a socket's path, or the name of what Sentinel watches; "" is not told.
        port: TCP port; 0 is not told.
    """

    address: str = ""
    port: int = 0
