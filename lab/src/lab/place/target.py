"""The seam between an experiment and the place where the services run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from messaging.ledger.record import Role


class TargetError(Exception):
    """The target could not do what was asked; the text says what happened, with the last log lines."""


@dataclass(frozen=True, slots=True)
class Replica:
    """One running copy of a service.

    Attributes:
        role: which service.
        name: what it is called in the ledger and in the consumer group.
    """

    role: Role
    name: str


class Target(Protocol):
    """Runs the services as a user would, with nothing but settings, and does to them what may happen.

    It is an async context manager: leaving it ends everything it has started and leaves nothing
    behind. Every method raises TargetError when it cannot do its work.
    """

    async def start(
        self, role: Role, environment: Mapping[str, str], replicas: int = 1, *, bodies: str = ""
    ) -> Sequence[Replica]:
        """Start more replicas, with these settings; returns them before they are ready.

        Args:
            role: which service.
            environment: its settings.
            replicas: how many.
            bodies: what a publisher is to send, one body a line, in place of generated text.
        """

    def replicas(self, role: Role) -> Sequence[Replica]:
        """Return those that live, the oldest first."""

    async def wait_ready(self, role: Role, timeout: float) -> None:
        """Return when every replica is ready; the timeout is in seconds."""

    async def is_ready(self, replica: Replica) -> bool:
        """Tell whether its readiness probe says so now."""

    def crashes(self, role: Role) -> int:
        """Count how often one ended by itself so far, and not in good order."""

    def was_killed(self, replica: Replica) -> bool:
        """Tell whether `kill` ended it."""

    def identity(self, replica: Replica) -> str:
        """Return what is another one after a restart: its process, or its pod and container."""

    async def retire(self, replica: Replica) -> None:
        """End one in good order (SIGTERM); failing in it is an error."""

    async def kill(self, replica: Replica) -> None:
        """End it as a crash does (SIGKILL) and return when it is gone, or another one in its place."""

    async def pause(self, replica: Replica) -> None:
        """Freeze it (SIGSTOP): it holds what it has and says nothing."""

    async def resume(self, replica: Replica) -> None:
        """Let a frozen one go on (SIGCONT)."""

    async def stop(self, role: Role) -> None:
        """End every replica in good order (SIGTERM); one that fails in it, or had crashed, is an error."""

    async def end(self) -> None:
        """End everyone at once (SIGKILL) and return when nobody lives."""

    def everyone(self) -> Sequence[Replica]:
        """Return all that were ever started, the oldest first."""

    async def logs(self, replica: Replica) -> str:
        """Return what it has written so far, also after its end."""
