"""What the live page costs: 50 replicas that count 50,000 messages a second between them, and a browser that looks on.

The replicas' figures are made up, their /metrics is the services' own; one process serves all of them. The page is
`lab page` as a user starts it. Printed: the share of a core that its process takes, how often the browser gets news,
how soon the page shows its lanes, and how soon a further replica. A benchmark and no test: it prints, it does not
judge. Needs Chromium.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from playwright.async_api import Error, Page, WebSocket, async_playwright

from lab.common.child import Child
from lab.common.http import Address
from lab.common.ports import LOOPBACK, free_port
from lab.watch.replicas import METRICS, said
from messaging import PATTERNS, Message
from messaging.counters import Counters
from messaging.seam.delivery import Delivery
from messaging.service.probes import Health, serve
from messaging.settings.common import ProbeSettings
from messaging.telemetry import names
from messaging.telemetry.last_messages import Passing
from messaging.telemetry.sources import Source

CHROMIUM = Path("/usr/bin/chromium")
_OPTIONS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
_TICK = 0.1
_PATIENCE = 60_000


class Replica:
    """A subscriber of every pattern, or a publisher, whose counts grow by themselves."""

    def __init__(self, operation: str) -> None:
        """Begin at 0."""
        self.passing = {pattern: Passing(pattern, 80) for pattern in PATTERNS}
        self.counters = {pattern: Counters() for pattern in PATTERNS}
        self.sources = [
            Source(pattern, kind.destination, operation, self.counters[pattern], time.monotonic, lambda: True)
            for pattern, kind in PATTERNS.items()
        ]

    async def grow(self, count: int) -> None:
        """Count messages of each pattern, and let one pass."""
        now = datetime.now(UTC)
        for pattern, counters in self.counters.items():
            counters.received += count
            counters.published += count
            counters.processed += count
            counters.latency.record(0.003, count)
            message = Message("0195f5d0-0000-8000-8000-000000000001", now, "Hello", "publisher", counters.received)
            await self.passing[pattern].seen(_nothing)([Delivery(message, pattern)])

    @property
    def health(self) -> Health:
        """What its probes ask."""
        return Health(self.sources, 30.0, lambda: True, tuple, lambda: False)


async def _nothing(_: object) -> None:
    return None


async def play(ports: list[int], rate: int) -> None:
    """Be the replicas, the first one a publisher, until killed."""
    operations = [names.OPERATION_SEND] + [names.OPERATION_RECEIVE] * (len(ports) - 1)
    replicas = [Replica(operation) for operation in operations]
    each = rate / (len(ports) - 1) / len(PATTERNS) * _TICK
    async with AsyncExitStack() as stack:
        for port, replica in zip(ports, replicas, strict=True):
            await stack.enter_async_context(serve(ProbeSettings(host=LOOPBACK, port=port), replica.health))
        print("ready", flush=True)
        while True:
            await asyncio.sleep(_TICK)
            for place, replica in enumerate(replicas):
                await replica.grow(round(each * (len(ports) - 1 if place == 0 else 1)))


def cpu(pid: int) -> float:
    """Return how many seconds of a core a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


async def measured(page: Page, pid: int, seconds: float, rounds: int) -> tuple[list[float], list[float]]:
    """Return the share of a core, and the updates a second, of each round."""
    frames = [0]
    shares, updates = list[float](), list[float]()

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda _: frames.__setitem__(0, frames[0] + 1))

    page.on("websocket", listen)
    await page.reload()
    await page.wait_for_selector(".replicas li", timeout=_PATIENCE)
    for _ in range(rounds):
        before, seen = cpu(pid), frames[0]
        await asyncio.sleep(seconds)
        shares.append((cpu(pid) - before) / seconds)
        updates.append((frames[0] - seen) / seconds)
    return shares, updates


async def run(replicas: int, rate: int, seconds: float, rounds: int) -> None:
    """Start all of it and print what was seen."""
    ports, at = [free_port() for _ in range(replicas + 2)], free_port()
    words = [sys.executable, "-m", "bench.page", "--rate", str(rate), "--ports"]
    children = [Child([*words, *map(str, ports[:-1])])]
    try:
        addresses = [f"{LOOPBACK}:{port}" for port in ports]
        children.append(Child([sys.executable, "-m", "lab", "page", *addresses, "--port", str(at)]))
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=_OPTIONS)
            page = await browser.new_page()
            await _reach(page, f"http://{LOOPBACK}:{at}")
            shares, updates = await measured(page, children[1].pid, seconds, rounds)
            opened = [await _opened(page) for _ in range(rounds)]
            children.append(Child([*words, str(free_port()), str(ports[-1])]))
            await _answers(Address(LOOPBACK, ports[-1]))
            start = time.monotonic()
            await page.wait_for_function(
                f"document.querySelectorAll('.lane:first-child .replicas li').length > {replicas}", timeout=_PATIENCE
            )
            came = time.monotonic() - start
            await browser.close()
        print(f"{replicas} replicas, {rate:,} messages/s, {rounds} rounds of {seconds:g} s, one browser")
        for name, values, form in (
            ("share of a core", shares, ".0%"),
            ("updates a second", updates, ".1f"),
            ("seconds until the lanes show", opened, ".2f"),
        ):
            print(f"{name:30} {median(values):{form}} ({min(values):{form}} to {max(values):{form}})")
        print(f"{'seconds until a new one shows':30} {came:.2f}")
    finally:
        for child in children:
            child.reap()


async def _reach(page: Page, url: str) -> None:
    while True:
        try:
            await page.goto(url)
            await page.wait_for_selector(".replicas li", timeout=_PATIENCE)
        except Error:  # it does not listen yet
            await asyncio.sleep(0.5)
        else:
            return


async def _answers(address: Address) -> None:
    while True:
        if await said(address, METRICS) is not None:
            return
        await asyncio.sleep(_TICK)


async def _opened(page: Page) -> float:
    start = time.monotonic()
    await page.reload()
    await page.wait_for_selector(".replicas li", timeout=_PATIENCE)
    return time.monotonic() - start


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicas", type=int, default=50)
    parser.add_argument("--rate", type=int, default=50_000, help="messages/s in all (default 50000)")
    parser.add_argument("--seconds", type=float, default=10.0, help="how long a round takes (default 10)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ports", type=int, nargs="*", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.ports:
        asyncio.run(play(asked.ports, asked.rate))
    else:
        asyncio.run(run(asked.replicas, asked.rate, asked.seconds, asked.rounds))


if __name__ == "__main__":
    main()
