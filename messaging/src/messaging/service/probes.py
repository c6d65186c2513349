"""/livez, /readyz, /metrics and /messages, on the loop that they report on."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec
from aiohttp import web

from messaging.seam.errors import SettingsError
from messaging.settings.common import ProbeSettings
from messaging.telemetry.exposition import CONTENT_TYPE, Exposition
from messaging.telemetry.measured import Observed
from messaging.telemetry.sources import Process, Source


@dataclass(frozen=True, slots=True)
class Health:
    """What the probes ask, each answered without asking Redis.

    Attributes:
        sources: the loops, each with its heartbeat.
        patience: how long a turn may take, in seconds.
        connected: the server answers.
        waiting_for: the patterns that are not connected and joined.
        draining: the service is ending.
        process: what is measured of the whole.
    """

    sources: Sequence[Source]
    patience: float
    connected: Callable[[], bool]
    waiting_for: Callable[[], Sequence[str]]
    draining: Callable[[], bool]
    process: Process = field(default_factory=Process)


@asynccontextmanager
async def serve(settings: ProbeSettings, health: Health) -> AsyncIterator[None]:
    """Answer probes while the context lasts. Installs no signal handlers.

    Raises:
        SettingsError: it cannot listen at the address.
    """
    application = web.Application()
    exposition = Exposition(Observed(health.sources, health.process))

    async def livez(_: web.Request) -> web.Response:
        return _livez(health)

    async def readyz(_: web.Request) -> web.Response:
        return _readyz(health)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=await exposition.page(), headers={"Content-Type": CONTENT_TYPE})

    async def messages(_: web.Request) -> web.Response:
        return _messages(health)

    answers = {"/livez": livez, "/readyz": readyz, "/metrics": metrics, "/messages": messages}
    application.add_routes([web.get(path, answer) for path, answer in answers.items()])
    runner = web.AppRunner(application, handle_signals=False, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await _listen(runner, settings)
        yield
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, settings: ProbeSettings) -> None:
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
    except OSError as error:
        mend = f"cannot listen at {settings.host}: {error.strerror}; choose another port"
        raise SettingsError("PROBE_PORT", str(settings.port), mend) from None


def _livez(health: Health) -> web.Response:
    now = time.monotonic()
    late = [
        f"{source.pattern} has not turned for {now - source.heartbeat():.0f} s"
        for source in health.sources
        if now - source.heartbeat() > health.patience
    ]
    return web.Response(text="\n".join(late or ["ok"]) + "\n", status=503 if late else 200)


def _messages(health: Health) -> web.Response:
    kept = [one for source in health.sources if source.passing is not None for one in source.passing.kept]
    return web.Response(body=msgspec.json.encode(kept), content_type="application/json")


def _readyz(health: Health) -> web.Response:
    waiting_for = list(health.waiting_for())
    facts = {
        "connected": health.connected(),
        "joined": not waiting_for,
        "draining": health.draining(),
    }
    ready = facts["connected"] and facts["joined"] and not facts["draining"]
    body = {"ready": ready, **facts, "waiting_for": waiting_for}
    return web.Response(text=json.dumps(body) + "\n", content_type="application/json", status=200 if ready else 503)
