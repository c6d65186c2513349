"""/livez knows the loops alone, /readyz says what is missing, /metrics can be read."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from lab.common.ports import free_port
from messaging.counters import Counters
from messaging.seam.delivery import Delivery
from messaging.seam.errors import SettingsError
from messaging.seam.message import Message
from messaging.service.probes import Health, serve
from messaging.settings.common import ProbeSettings
from messaging.telemetry.last_messages import Passing
from messaging.telemetry.sources import Source


@dataclass
class Service:
    """What a service would say of itself."""

    connected: bool = True
    waiting_for: Sequence[str] = ()
    draining: bool = False
    beats: dict[str, float] = field(default_factory=lambda: {"queue": time.monotonic()})

    @property
    def health(self) -> Health:
        return Health(
            sources=[
                Source(name, "d", "receive", Counters(), lambda name=name: self.beats[name], lambda: True)  # type: ignore[misc]
                for name in self.beats
            ],
            patience=30.0,
            connected=lambda: self.connected,
            waiting_for=lambda: self.waiting_for,
            draining=lambda: self.draining,
        )


async def ask(port: int, path: str) -> tuple[int, str, str]:
    url = f"http://127.0.0.1:{port}{path}"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.text(), response.headers["Content-Type"]


async def answer(service: Service, path: str) -> tuple[int, str, str]:
    port = free_port()
    async with serve(ProbeSettings(host="127.0.0.1", port=port), service.health):
        return await ask(port, path)


async def test_alive_without_redis() -> None:
    service = Service(connected=False, waiting_for=["queue"], draining=True)
    assert (await answer(service, "/livez"))[:2] == (200, "ok\n")


async def test_a_loop_that_stands_still_is_named() -> None:
    service = Service(beats={"queue": time.monotonic(), "stream": time.monotonic() - 50})
    status, text, _ = await answer(service, "/livez")
    assert (status, text) == (503, "stream has not turned for 50 s\n")


@pytest.mark.parametrize(
    ("service", "status", "facts"),
    [
        (Service(), 200, {"connected": True, "joined": True, "draining": False}),
        (Service(connected=False), 503, {"connected": False, "joined": True, "draining": False}),
        (Service(waiting_for=["stream"]), 503, {"connected": True, "joined": False, "draining": False}),
        (Service(draining=True), 503, {"connected": True, "joined": True, "draining": True}),
    ],
)
async def test_readiness_says_what_is_missing(service: Service, status: int, facts: dict[str, bool]) -> None:
    got, text, kind = await answer(service, "/readyz")
    assert got == status
    assert kind.startswith("application/json")
    expected = {"ready": status == 200, **facts, "waiting_for": list(service.waiting_for)}
    assert json.loads(text) == expected


async def test_metrics_can_be_read_by_prometheus() -> None:
    status, text, kind = await answer(Service(), "/metrics")
    assert status == 200
    assert kind.startswith("text/plain; version=0.0.4")
    families = {family.name for family in text_string_to_metric_families(text)}
    assert "messaging_client_consumed_messages" in families


async def test_the_last_messages_can_be_seen() -> None:
    async def handle(_: Sequence[Delivery]) -> None:
        return None

    passing = Passing("queue")
    await passing.seen(handle)([Delivery(Message("the-id", datetime.now(UTC), "body", "me", 7), "orders")])
    source = Source("queue", "orders", "receive", Counters(), time.monotonic, lambda: True, passing=passing)
    port = free_port()
    async with serve(ProbeSettings(host="127.0.0.1", port=port), replace(Service().health, sources=[source])):
        status, text, kind = await ask(port, "/messages")
    assert (status, kind) == (200, "application/json")
    (one,) = json.loads(text)
    assert (one["pattern"], one["id"], one["sender"], one["count"], one["text"]) == ("queue", "the-id", "me", 7, "")


async def test_a_port_that_is_taken_is_a_setting_to_mend() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError) as caught:
            async with serve(ProbeSettings(host="127.0.0.1", port=port), Service().health):
                pass
    assert str(caught.value).startswith(f"PROBE_PORT={port}: cannot listen at 127.0.0.1")


async def test_nothing_listens_afterwards() -> None:
    port = free_port()
    settings = ProbeSettings(host="127.0.0.1", port=port)
    for _ in range(2):
        async with serve(settings, Service().health):
            assert (await ask(port, "/livez"))[0] == 200
    with pytest.raises(aiohttp.ClientConnectionError):
        await ask(port, "/livez")
