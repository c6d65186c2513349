"""A real Valkey or Redis server as a child process, on loopback, with nothing to install."""

from lab.embedded.binary import embedded_binary
from lab.embedded.configuration import Mode, Options
from lab.embedded.server import EmbeddedServer, ServerStartError

__all__ = ["EmbeddedServer", "Mode", "Options", "ServerStartError", "embedded_binary"]
