"""The seam between an experiment and the server under test."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Protocol

from lab.place.tested import Tested
from messaging.seam.errors import MessagingError
from messaging.transport.connection import topology
from messaging.transport.link import Link
from messaging.transport.settings import RedisSettings

_PATIENCE = 1.0


class Ability(StrEnum):
    """What can be done to a server or a target; its value says what that takes."""

    SERVER = "a server of the lab's own, standalone (unset REDIS_HOST, REDIS_URL and REDIS_SENTINEL)"
    CONFIGURE = "a server of the lab's own (unset REDIS_HOST, REDIS_URL and REDIS_SENTINEL)"
    NETWORK = "a proxy before a server of the lab's own, standalone"
    DISK = "a standalone server of the lab's own on this machine (Linux), with append_only: everysec or always"
    FAILOVER = "server: {topology: sentinel}, on the lab's own servers"


class ServerUnderTest(Protocol):
    """The server, and what may happen to it; what it is not able to do raises NotImplementedError."""

    tested: Tested
    abilities: frozenset[Ability]

    async def identity(self) -> str:
        """Return what is another one after a restart or a failover; raises MessagingError."""

    async def answers(self) -> bool:
        """Tell whether a new client, on the way that the services take, gets an answer within a second."""

    async def ask(self, *command: str | int) -> Any:  # noqa: ANN401 - a reply is what the server says
        """Run one command on the server itself; raises MessagingError."""

    async def kill(self) -> None:
        """End it as a crash does."""

    async def restart(self) -> None:
        """Start it again, with what its disk remembers; return when it answers."""

    async def lose_power(self) -> int:
        """End it late after an fsync, as a crash of its machine does; return how many bytes its disk loses."""

    async def pause(self) -> None:
        """Freeze it."""

    async def resume(self) -> None:
        """Let it go on."""

    async def cut(self) -> None:
        """Break all connections and refuse new ones."""

    async def stall(self) -> None:
        """Let nothing pass; connections stay open."""

    async def slow(self, delay: float, jitter: float) -> None:
        """Let each byte travel so long each way, and up to `jitter` longer; in seconds."""

    async def drop_replies(self, to: bytes = b"") -> None:
        """Carry requests to the server, and throw its replies away: all, or those to requests with these bytes."""

    async def dropped(self) -> None:
        """Return when one was thrown away since."""

    @property
    def swallowed(self) -> int:
        """How many bytes of replies were thrown away."""

    @property
    def undelivered(self) -> bytes:
        """Replies that no client read, or perhaps none: thrown away, or under way when a connection was cut."""

    async def heal(self) -> None:
        """Mend the network."""

    async def fall_behind(self) -> None:
        """Stop the replication; the primary goes on."""

    async def behind(self) -> int:
        """Return how many bytes of what the primary was told its replica lacks; raises MessagingError."""

    async def fail_over(self) -> None:
        """Kill the primary and wait until a replica has taken its place."""

    async def split(self) -> int:
        """Cut the primary off from its replica and the Sentinels until that has its place; return who stayed with it.

        That is the number of clients that are still connected to it then.
        """

    async def astray(self) -> int:
        """Return how many bytes a primary that was cut off has taken since another has its place."""

    async def rejoin(self) -> None:
        """Let the former primary come back, as a replica of the new one."""


class Unable:
    """Refuses everything that may happen to a server; `abilities` says so before anybody asks."""

    abilities: frozenset[Ability] = frozenset()
    swallowed, undelivered = 0, b""

    async def kill(self) -> None:
        """Refuse."""
        raise NotImplementedError

    restart = pause = resume = cut = stall = dropped = heal = kill
    fall_behind = fail_over = rejoin = kill

    async def behind(self) -> int:
        """Refuse."""
        raise NotImplementedError

    lose_power = split = astray = behind

    async def slow(self, delay: float, jitter: float) -> None:
        """Refuse."""
        raise NotImplementedError(delay, jitter)

    async def drop_replies(self, to: bytes = b"") -> None:
        """Refuse."""
        raise NotImplementedError(to)


class UserServer(Unable):
    """A server that the user named: it is asked, and never changed beyond the run's own keys."""

    def __init__(self, tested: Tested) -> None:
        """Stand for the user's server."""
        self.tested = tested

    async def identity(self) -> str:
        """Return its run id."""
        return run_id(await self.ask("INFO", "server"))

    async def answers(self) -> bool:
        """Ask it PING."""
        return await answers(self.tested.settings)

    async def ask(self, *command: str | int) -> Any:  # noqa: ANN401 - a reply is what the server says
        """Run one command."""
        return await ask(self.tested.settings, *command)


async def ask(settings: RedisSettings, *command: str | int, patience: float = 5.0) -> Any:  # noqa: ANN401
    """Run one command on a connection of its own; raises MessagingError."""
    link = Link(topology(settings), "", patience, patience)
    try:
        return await link.one(command)
    finally:
        await link.aclose()


async def answers(settings: RedisSettings) -> bool:
    """Tell whether PING is answered within a second."""
    try:
        await ask(settings, "PING", patience=_PATIENCE)
    except MessagingError:
        return False
    return True


def run_id(info: bytes) -> str:
    """Return the run id that INFO tells."""
    return facts(info)["run_id"]


def facts(info: bytes) -> dict[str, str]:
    """Return what INFO says, by name."""
    return dict(line.split(":", 1) for line in info.decode().splitlines() if ":" in line)
