"""What both services do around their work: signals, log, probes, ledger, and an end in good order."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from messaging.broker import RedisBroker
from messaging.ledger import LedgerWriter
from messaging.ledger.record import Role
from messaging.lifecycle import GaveUp, Shutdown, supervise
from messaging.seam.errors import AccessDenied, MessagingError
from messaging.service.logs import Log, Output, Stamp, open_log
from messaging.service.status import Status
from messaging.settings.common import CommonSettings
from messaging.settings.otel import otel
from messaging.telemetry.measured import Observed
from messaging.telemetry.sources import Drops, Process, Server, Source
from messaging.transport.settings import RedisSettings

if TYPE_CHECKING:
    from messaging.telemetry.setup import Telemetry
    from messaging.telemetry.tracing import Tracing

S = TypeVar("S", bound=CommonSettings)
_GAVE_UP = "Redis not reached within REDIS_GIVE_UP_AFTER"


@dataclass(frozen=True, slots=True)
class Context(Generic[S]):
    """What the work is given.

    Attributes:
        settings: all of the service's.
        shutdown: the flag to end by.
        log: where lines go.
        status: is told of each connection.
        broker: makes publishers and consumers.
        ledger: the record to keep, None for none.
        tracing: wraps what is to be traced, None when nothing is.
    """

    settings: S
    shutdown: Shutdown
    log: Log
    status: Status
    broker: RedisBroker
    ledger: LedgerWriter | None
    tracing: Tracing | None = None


class Work(Protocol):
    """What a service does."""

    @property
    def patience(self) -> float:
        """How long one turn may take, in seconds."""

    @property
    def sources(self) -> Sequence[Source]:
        """The patterns at work."""

    async def run(self) -> None:
        """Work until it is done or shutdown is requested, and close what it has opened."""

    def abort(self) -> None:
        """End at once: the time for the shutdown is nearly over."""

    def tick(self) -> None:
        """Do what is due once a second."""


@dataclass(frozen=True, slots=True)
class Service(Generic[S]):
    """A service, but for its settings.

    Attributes:
        title: what it calls itself in its log.
        role: which of the two it is.
        name: gives the name it goes by in the ledger.
        stamp: how its log shows the time.
        work: makes its work.
    """

    title: str
    role: Role
    name: Callable[[S], str]
    stamp: Stamp
    work: Callable[[Context[S]], Work]

    async def run(self, settings: S) -> int:
        """Run to the end and return the exit code.

        Raises:
            SettingsError: something cannot be used that only shows at work.
            AccessDenied: Redis refused the password at the first connection.
            GaveUp: the service ended before its work was done.
        """
        shutdown = Shutdown()
        output = Output(sys.stdout, lambda _: shutdown.request("nobody reads the output"))
        with shutdown.on_signals():
            await self._serve(settings, shutdown, open_log(settings.log, self.stamp, output))
        if output.broken is not None and not isinstance(output.broken, BrokenPipeError):
            raise GaveUp(f"the log could not be written: {output.broken.strerror}")
        return 0

    async def _serve(self, settings: S, shutdown: Shutdown, log: Log) -> None:
        log.info("Starting %s...", self.title)
        broker = RedisBroker(settings.redis)
        denied: list[AccessDenied] = []

        def deny(error: AccessDenied) -> None:
            denied.append(error)
            shutdown.request("access denied")

        status = Status(settings.patterns, broker.address, log, deny)
        async with AsyncExitStack() as stack:
            ledger = await _open_ledger(stack, settings, self.name(settings), self.role)
            telemetry = _open_telemetry(stack, settings, self.role, log)
            tracing = telemetry.tracing(_server(settings.redis)) if telemetry else None
            work = self.work(Context(settings, shutdown, log, status, broker, ledger, tracing))
            process = Process(telemetry.drops if telemetry else Drops(), lambda: shutdown.draining)
            if telemetry:
                telemetry.measure(Observed(work.sources, process))
            await _open_probes(stack, settings, shutdown, status, work, process)
            await self._attend(work, settings, shutdown, status)
        if denied:
            raise denied[0]
        log.info("%s stopped (%s)", self.title, shutdown.reason or "done")
        if shutdown.reason == _GAVE_UP:
            raise GaveUp(f"{_GAVE_UP}: {settings.redis.give_up_after:g} s")

    async def _attend(self, work: Work, settings: S, shutdown: Shutdown, status: Status) -> None:
        """Let it work; look after it once a second."""
        limit = settings.redis.give_up_after

        def tick() -> None:
            work.tick()
            if limit and status.away > limit:
                shutdown.request(_GAVE_UP)

        if not await supervise(work.run(), shutdown, settings.shutdown_grace, tick, work.abort):
            print(  # noqa: T201 - the last words before the process is ended as it is
                f"{self.title}: not done within SHUTDOWN_GRACE, {settings.shutdown_grace:g} s",
                file=sys.stderr,
                flush=True,
            )
            os._exit(1)


async def _open_ledger(stack: AsyncExitStack, settings: CommonSettings, who: str, role: Role) -> LedgerWriter | None:
    if not settings.ledger.url:
        return None
    server = RedisSettings(url=settings.ledger.url)
    ledger = LedgerWriter(server, settings.ledger.run, who, role)
    stack.push_async_callback(_close_ledger, ledger)
    try:
        await ledger.open()
    except MessagingError as error:
        raise GaveUp(f"LEDGER_URL: {error}") from None
    return ledger


async def _close_ledger(ledger: LedgerWriter) -> None:
    try:
        await ledger.aclose()
    except MessagingError as error:
        raise GaveUp(f"the ledger's last record was not written: {error}") from None


def _open_telemetry(stack: AsyncExitStack, settings: CommonSettings, role: Role, log: Log) -> Telemetry | None:
    switches = otel(os.environ, settings.telemetry.traces_per_second)
    if not (switches.traces or switches.metrics):
        return None
    # OpenTelemetry's SDK takes half a second and 10 MB, which only those pay who switch it on.
    from messaging.telemetry.setup import Telemetry, listen, resource  # noqa: PLC0415

    listen(lambda text: log.warning("Telemetry: %s", text))
    telemetry = Telemetry(switches, resource(role, version(f"redis-messaging-{role}")), settings.telemetry.flush)
    stack.push_async_callback(telemetry.aclose)
    return telemetry


def _server(redis: RedisSettings) -> Server:
    if redis.sentinel or redis.socket:
        return Server(redis.sentinel_master if redis.sentinel else redis.socket)
    return Server(redis.host, redis.port)


async def _open_probes(
    stack: AsyncExitStack,
    settings: CommonSettings,
    shutdown: Shutdown,
    status: Status,
    work: Work,
    process: Process,
) -> None:
    if not settings.probe.port:
        return
    # aiohttp takes a quarter of a second and 7 MB, which only those pay who ask for probes.
    from messaging.service.probes import Health, serve  # noqa: PLC0415

    health = Health(
        sources=work.sources,
        patience=work.patience,
        connected=lambda: status.connected,
        waiting_for=lambda: status.waiting_for,
        draining=lambda: shutdown.requested,
        process=process,
    )
    await stack.enter_async_context(serve(settings.probe, health))
