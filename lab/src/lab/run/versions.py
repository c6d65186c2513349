"""Versions of everything that took part."""

from __future__ import annotations

import asyncio
import os
import platform
from importlib.metadata import PackageNotFoundError, version

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


async def versions(server: ServerUnderTest) -> dict[str, str]:
    """Return them by name; raises MessagingError."""
    info = facts(await server.ask("INFO", "server"))
    valkey = info.get("valkey_version")
    name = f"Valkey {valkey}" if valkey else f"Redis {info['redis_version']}"
    return {"server": name} | await asyncio.to_thread(_ours)


def _ours() -> dict[str, str]:
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    machine = {"python": platform.python_version(), "system": system, "cpus": str(os.cpu_count())}
    return machine | {name: _version(name) for name in _PACKAGES}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
