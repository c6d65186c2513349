"""The services as processes of this machine."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from lab.common.child import Child
from lab.common.http import Address
from lab.common.ports import LOOPBACK, free_port
from lab.common.uninterrupted import uninterrupted
from lab.place.probing import is_ready
from lab.place.target import Replica, TargetError
from messaging.ledger.record import Role

# What a process needs of our environment; no setting gets through that was not given.
_PASSED_ON = ("HOME", "LANG", "LC_ALL", "PATH", "PYTHONPATH", "TMPDIR", "TZ", "VIRTUAL_ENV")
_NAMED_BY: dict[Role, str] = {"publisher": "SENDER", "subscriber": "CONSUMER"}
_POLL_SECONDS = 0.02
_TAIL_LINES = 20
_PREFIX = "lab-logs-"
_NotEntered = TargetError("the target has not been entered")


@dataclass(frozen=True, slots=True)
class _Process:
    replica: Replica
    child: Child
    address: Address
    log: Path


class LocalTarget:
    """A `Target` of child processes: by default `python -m publisher` and `python -m subscriber`.

    A replica that was killed does not come back by itself. Names count on: publisher-1,
    subscriber-1, subscriber-2. The processes end with this one, however it ends.
    """

    def __init__(self, *, grace: float = 10.0, commands: Mapping[Role, Sequence[str]] | None = None) -> None:
        """Prepare.

        Args:
            grace: how long a process may take to end in good order, in seconds.
            commands: what starts a service in place of ours, for each that has another: a program in any language that
                takes the same settings, answers the same probes and keeps the same ledger.
        """
        self._grace, self._commands = grace, commands or {}
        self._directory: Path | None = None
        self._processes: dict[Replica, _Process] = {}
        self._ended: set[Replica] = set()  # because we wanted it
        self._killed: set[Replica] = set()
        self._started: dict[Role, int] = {}

    async def __aenter__(self) -> Self:
        """Make the directory of the logs."""
        await uninterrupted(self._make_directory())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End every process at once and remove the logs."""
        for process in self._processes.values():
            process.child.reap()
        if self._directory is not None:
            await uninterrupted(asyncio.to_thread(shutil.rmtree, self._directory, True))  # noqa: FBT003

    async def start(
        self, role: Role, environment: Mapping[str, str], replicas: int = 1, *, bodies: str = ""
    ) -> Sequence[Replica]:
        """Start processes."""
        read = {"PUBLISH_INPUT": str(await asyncio.to_thread(self._write, bodies))} if bodies else {}
        return [await self._start(role, {**environment, **read}) for _ in range(replicas)]

    def replicas(self, role: Role) -> Sequence[Replica]:
        """Return those whose process runs."""
        processes = self._processes.values()
        return [one.replica for one in processes if one.replica.role == role and one.child.is_running()]

    async def wait_ready(self, role: Role, timeout: float) -> None:
        """Ask /readyz of each until it agrees."""
        waiting = [self._processes[replica] for replica in self.replicas(role)]
        try:
            async with asyncio.timeout(timeout):
                while waiting:
                    await self._ready(waiting[0])
                    del waiting[0]
        except TimeoutError:
            name = waiting[0].replica.name
            raise await self._failure(waiting[0], f"{name} was not ready within {timeout:g} s") from None

    async def is_ready(self, replica: Replica) -> bool:
        """Ask /readyz."""
        return await is_ready(self._processes[replica].address)

    def crashes(self, role: Role) -> int:
        """Count by exit status."""
        return sum(replica.role == role and self.has_crashed(replica) for replica in self._processes)

    def has_crashed(self, replica: Replica) -> bool:
        """Look at its exit status; what we killed has not crashed."""
        return replica not in self._ended and self._processes[replica].child.returncode not in (None, 0)

    def was_killed(self, replica: Replica) -> bool:
        """Remember it."""
        return replica in self._killed

    def identity(self, replica: Replica) -> str:
        """Return its process id."""
        return f"process {self._processes[replica].child.pid}"

    async def retire(self, replica: Replica) -> None:
        """Send SIGTERM and wait for its end."""
        await self._stop([replica])

    async def kill(self, replica: Replica) -> None:
        """Send SIGKILL and reap the process."""
        self._ended.add(replica)
        self._killed.add(replica)
        self._processes[replica].child.reap()

    async def pause(self, replica: Replica) -> None:
        """Send SIGSTOP."""
        self._processes[replica].child.pause()

    async def resume(self, replica: Replica) -> None:
        """Send SIGCONT."""
        self._processes[replica].child.resume()

    async def stop(self, role: Role) -> None:
        """Send SIGTERM to all and wait for their ends; one that had crashed is an error."""
        for process in self._processes.values():
            if process.replica.role == role and self.has_crashed(process.replica):
                await self._check(process)
        await self._stop(self.replicas(role))

    async def end(self) -> None:
        """Send SIGKILL to all and reap them."""
        for replica in (*self.replicas("publisher"), *self.replicas("subscriber")):
            await self.kill(replica)

    def everyone(self) -> Sequence[Replica]:
        """Return all that were started."""
        return list(self._processes)

    async def logs(self, replica: Replica) -> str:
        """Return both output streams."""
        return await asyncio.to_thread(self._processes[replica].log.read_text, "utf-8", "replace")

    def address(self, replica: Replica) -> Address:
        """Return its port on loopback."""
        return self._processes[replica].address

    async def _make_directory(self) -> None:
        self._directory = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix=_PREFIX))

    def _write(self, bodies: str) -> Path:
        if self._directory is None:
            raise _NotEntered
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=self._directory, prefix="bodies-", delete=False
        ) as file:
            file.write(bodies)
        return Path(file.name)

    async def _start(self, role: Role, environment: Mapping[str, str]) -> Replica:
        if self._directory is None:
            raise _NotEntered
        number = self._started[role] = self._started.get(role, 0) + 1
        replica, address = Replica(role, f"{role}-{number}"), Address(LOOPBACK, free_port())
        log = self._directory / f"{replica.name}.log"
        passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        own = {
            _NAMED_BY[role]: replica.name,
            "PROBE_HOST": address.host,
            "PROBE_PORT": str(address.port),
        }
        with await asyncio.to_thread(log.open, "wb") as output:
            child = Child(
                self._commands.get(role) or [sys.executable, "-m", role],
                output=output,
                environment={**passed_on, **environment, **own},
            )
        self._processes[replica] = _Process(replica, child, address, log)
        return replica

    async def _ready(self, process: _Process) -> None:
        while not await is_ready(process.address):
            await self._check(process)
            await asyncio.sleep(_POLL_SECONDS)

    async def _stop(self, replicas: Sequence[Replica]) -> None:
        stopping = [self._processes[replica] for replica in replicas]
        self._ended.update(replicas)
        codes = await asyncio.gather(*(one.child.stop(self._grace) for one in stopping))
        for process, code in zip(stopping, codes, strict=True):
            if code != 0:
                await self._check(process)

    async def _check(self, process: _Process) -> None:
        code = process.child.returncode
        if code is not None:
            name = process.replica.name
            raise await self._failure(process, f"{name} ended with status {code}")

    async def _failure(self, process: _Process, what: str) -> TargetError:
        tail = "\n".join((await self.logs(process.replica)).splitlines()[-_TAIL_LINES:])
        return TargetError(f"{what}:\n{tail}".rstrip(":\n"))
