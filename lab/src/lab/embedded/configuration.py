"""The configuration file of an embedded server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

Options = Mapping[str, str | int | Sequence[str]]
"""Directive -> value as the configuration file spells it; a list repeats the directive."""


class Mode(StrEnum):
    """What the server runs as."""

    STANDALONE = "standalone"
    CLUSTER = "cluster"
    SENTINEL = "sentinel"


@dataclass(frozen=True, slots=True)
class Configuration:
    """What an embedded server is told at its start.

    Attributes:
        mode: what it runs as.
        username: the only user, with all rights; None leaves the default user.
        password: of that user; None lets everyone in.
        tls: whether its one port speaks TLS (the certificates stand in the options).
        options: further directives; they win over ours.
    """

    mode: Mode = Mode.STANDALONE
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    options: Options = field(default_factory=dict)

    def render(self, directory: str, host: str, port: int, bus_port: int) -> str:
        """Return the text of the configuration file.

        Args:
            directory: where the server keeps its data.
            host: the address that it listens on.
            port: the port for clients.
            bus_port: the port for the other nodes of a cluster.
        """
        directives: dict[str, str | int | Sequence[str]] = {
            "bind": host,
            "port": 0 if self.tls else port,
            "dir": quoted(directory),
            **({"tls-port": port} if self.tls else {}),
            **self._of_mode(bus_port),
            **self._of_access(),
            **self.options,
        }
        return "".join(f"{line}\n" for line in _lines(directives))

    def _of_mode(self, bus_port: int) -> Options:
        if self.mode is Mode.SENTINEL:
            return {}
        plain = {"save": '""'}
        if self.mode is Mode.STANDALONE:
            return plain
        return plain | {"cluster-enabled": "yes", "cluster-port": str(bus_port)}

    def _of_access(self) -> Options:
        if self.password is None:
            return {}
        if self.username is None:
            return {"requirepass": quoted(self.password)}
        secret = quoted(f">{self.password}")
        return {"user": ["default off", f"{self.username} on {secret} ~* &* +@all"]}


def quoted(text: str) -> str:
    """Return the text as one word of a configuration file."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _lines(directives: Options) -> Iterator[str]:
    for name, value in directives.items():
        values = [value] if isinstance(value, str | int) else value
        for each in values:
            yield f"{name} {each}"
