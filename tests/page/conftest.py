"""The page in a real browser, before real services."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from lab.common.ports import free_port
from tests.support.browser import chromium, watched
from tests.support.standalone import Standalone, run_standalone

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Browser, Page

    from tests.support.processes import Process, Processes
    from tests.support.servers import ServerBinary


@dataclass
class Scene:
    """Services on a server of their own, and the page that looks at them.

    Attributes:
        server: the server.
        environment: what the services are told.
        ports: where subscribers listen; the page knows all of them, started or not.
        url: the page's.
        start: starts a subscriber at a port.
        publish: starts a publisher with further variables.
    """

    server: Standalone
    environment: dict[str, str]
    ports: list[int]
    url: str
    start: Callable[..., Process]
    publish: Callable[..., Process]


@pytest.fixture
async def scene(processes: Processes, embedded_binary: ServerBinary) -> AsyncIterator[Scene]:
    async with run_standalone(embedded_binary) as server:
        ports, at = [free_port() for _ in range(3)], free_port()
        environment = {**server.environment, "PATTERN": "reliable-queue"}

        def start(port: int, **more: str) -> Process:
            return processes.start("subscriber", environment={**environment, "PROBE_PORT": str(port), **more})

        def publish(**more: str) -> Process:
            return processes.start("publisher", environment={**environment, "PROBE_PORT": str(ports[2]), **more})

        addresses = [f"127.0.0.1:{port}" for port in ports]
        options = ("--port", str(at), "--allow-writes", "--trace-url", "http://jaeger.example")
        page = processes.start("lab", "page", *addresses, *options, environment=server.environment)
        await page.line(f"http://127.0.0.1:{at}")
        yield Scene(server, environment, ports, f"http://127.0.0.1:{at}", start, publish)
        page.terminate()
        assert await page.exit() == 0


@pytest.fixture
async def demo(processes: Processes, tmp_path: Path) -> AsyncIterator[str]:
    """Give the address of the page's own demo, which may change what it shows."""
    port = free_port()
    options = ("--demo", "--allow-writes", "--port", str(port), "--runs", str(tmp_path / "runs"))
    page = processes.start("lab", "page", *options)
    await page.line(f"http://127.0.0.1:{port}", timeout=30)
    yield f"http://127.0.0.1:{port}"
    page.terminate()
    assert await page.exit() == 0


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """Give a page of the browser; what its console calls an error fails the test."""
    async with watched(browser) as page:
        yield page
