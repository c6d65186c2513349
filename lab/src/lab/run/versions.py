"""Versions of everything that took part."""

from __future__ import annotations

import asyncio
import hashlib
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from lab.place.server import ServerUnderTest, facts

_PACKAGES = (
    "redis-messaging-patterns",
    "redis-messaging-lab",
    "redis-messaging-publisher",
    "redis-messaging-subscriber",
    "redis",
    "hiredis",
    "msgspec",
    "uvloop",
)
_SOURCES = ("messaging", "publisher", "subscriber", "lab")


async def versions(server: ServerUnderTest) -> dict[str, str]:
    """Return them by name; raises MessagingError."""
    info = facts(await server.ask("INFO", "server"))
    valkey = info.get("valkey_version")
    name = f"Valkey {valkey}" if valkey else f"Redis {info['redis_version']}"
    load = f"{os.getloadavg()[0]:.1f}"  # the average of the last minute, of processes that run or want to
    return {"server": name, "load": load} | await asyncio.to_thread(ours)


def ours() -> dict[str, str]:
    """Return those of this machine and of our own code, with a fingerprint of its sources."""
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    machine = {"python": platform.python_version(), "system": system, "cpus": str(os.cpu_count())}
    return machine | {name: _version(name) for name in _PACKAGES} | {"sources": _fingerprint()}


def _fingerprint() -> str:
    """Return the beginning of the SHA-256 of our packages' files, so that a change shows without a new version."""
    digest = hashlib.sha256()
    for package in _SOURCES:
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            for path in sorted(Path(folder).rglob("*")):
                if path.suffix in {".py", ".lua", ".yaml"}:
                    digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
