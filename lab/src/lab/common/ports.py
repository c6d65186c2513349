"""Free ports on loopback."""

from __future__ import annotations

import random
import socket

LOOPBACK = "127.0.0.1"

# Below the range from which Linux and macOS take the local ports of outgoing connections: a
# server that restarts finds its port free, and a client that knocks at a closed port cannot
# be connected to itself.
_LOWEST, _HIGHEST = 11_000, 29_999
_ATTEMPTS = 200


def free_port(host: str = LOOPBACK) -> int:
    """Return a TCP port on which nothing listens now; whoever comes first may take it.

    Raises:
        OSError: no free port was found.
    """
    for _ in range(_ATTEMPTS):
        port = random.randint(_LOWEST, _HIGHEST)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    msg = f"no free port on {host} between {_LOWEST} and {_HIGHEST}"
    raise OSError(msg)
