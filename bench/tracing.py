"""What tracing costs: the library without it, and with 0 %, 1 % and 100 % of the messages sampled, run in turn.

Spans are exported in the background as in a service, encoded as OTLP and then thrown away, and the
clock stops when that is done, too; with `--collector-down` they go to a port where nobody listens,
and nobody waits for that. A benchmark and no test: it prints, it does not judge. Each ratio is taken
within one round, so that a busy moment of the machine meets all.
"""

from __future__ import annotations

import argparse
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence

import uvloop
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from bench.ours import Ours
from bench.smoke import Rates, spread
from bench.workload import Workload
from lab.embedded import EmbeddedServer
from lab.ports import LOOPBACK, free_port
from messaging import PATTERNS, RedisSettings
from messaging.settings.otel import Queue, Sampling
from messaging.telemetry.export import SpanQueue
from messaging.telemetry.metrics import Drops
from messaging.telemetry.otlp_spans import OtlpSpans, encode
from messaging.telemetry.provider import MessageTracerProvider
from messaging.telemetry.tracing import Server, Tracing

RATES = {"off": None, "0 %": 0.0, "1 %": 0.01, "100 %": 1.0}
_FLUSH = 5.0


class Discarding(SpanExporter):
    """Does all the work of an exporter but the sending."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Encode and forget."""
        encode(spans)
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """There is nothing to close."""


class Traced:
    """One way of sampling, with its own export."""

    def __init__(self, rate: float, *, down: bool) -> None:
        """Sample at a rate; `down`: the collector is not there."""
        self.drops, self._down = Drops(), down
        exporter = OtlpSpans(f"http://{LOOPBACK}:{free_port()}/v1/traces") if down else Discarding()
        self._queue = SpanQueue(exporter, Queue(), _FLUSH, self.drops)
        self.provider = MessageTracerProvider(self._queue, Sampling(rate))
        self.tracing = Tracing(self.provider, Server(LOOPBACK, 6379))

    def flush(self) -> None:
        """Wait until all spans are exported, unless nobody takes them."""
        if not self._down:
            self._queue.force_flush()


async def timed(settings: RedisSettings, pattern: str, workload: Workload, way: Traced | None) -> Rates:
    """Time one way on a destination of its own, with the export of its spans."""
    contestant = Ours(settings, pattern, f"bench:{secrets.token_hex(4)}", None if way is None else way.tracing)
    batches, times = workload.batches(), list[float]()
    await contestant.open()
    try:
        steps: list[Callable[[], Awaitable[None]]] = [
            lambda: contestant.publish(batches),
            lambda: contestant.consume(workload.messages),
        ]
        for step in steps:
            start = time.perf_counter()
            await step()
            if way is not None:
                way.flush()
            times.append(time.perf_counter() - start)
    finally:
        await contestant.aclose()
    return workload.messages / times[0], workload.messages / times[1]


async def rounds(
    settings: RedisSettings, pattern: str, workload: Workload, runs: int, ways: dict[str, Traced | None]
) -> dict[str, list[Rates]]:
    """Time each way once a round; the first round is not counted."""
    rates: dict[str, list[Rates]] = {name: [] for name in ways}
    for number in range(runs + 1):
        order = list(ways.items())
        for name, way in order[number % len(order) :] + order[: number % len(order)]:
            rates[name].append(await timed(settings, pattern, workload, way))
    return {name: counted[1:] for name, counted in rates.items()}


def lines(pattern: str, rates: dict[str, list[Rates]]) -> list[str]:
    """Return the rows of one pattern."""
    rows = []
    for place, step in enumerate(("publish", "consume")):
        plain = [rate[place] for rate in rates["off"]]
        for name, counted in rates.items():
            mine = [rate[place] for rate in counted]
            ratios = [one / other for one, other in zip(mine, plain, strict=True)]
            rows.append(f"{pattern:15} {step:8} {name:6} {spread(mine, ',.0f'):32} {spread(ratios, '.2f')}")
    return rows


async def run(patterns: list[str], runs: int, messages: int, *, down: bool) -> None:
    """Print the table, a pattern as soon as it is measured."""
    print(f"{messages} messages of ~220 bytes, batches of 100, {runs} rounds after one that is not counted")
    print(f"{'pattern':15} {'':8} {'':6} {'messages/s':32} ratio to off")
    ways = {name: None if rate is None else Traced(rate, down=down) for name, rate in RATES.items()}
    async with EmbeddedServer() as server:
        settings = RedisSettings(host=server.host, port=server.port)
        for pattern in patterns:
            print("\n".join(lines(pattern, await rounds(settings, pattern, Workload(messages), runs, ways))))
    for name, way in ways.items():
        if way is not None:
            way.provider.shutdown()
            print(f"{name}: {way.drops.queue_full} spans found no room, {way.drops.export_failed} were not exported")


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patterns", nargs="*", default=list(PATTERNS), choices=list(PATTERNS))
    parser.add_argument("--runs", type=int, default=5, help="counted rounds (default 5)")
    parser.add_argument("--messages", type=int, default=20_000, help="messages a run, in hundreds (default 20000)")
    parser.add_argument("--collector-down", action="store_true", help="export to where nobody listens")
    asked = parser.parse_args()
    logging.getLogger("opentelemetry").addHandler(logging.NullHandler())  # its losses are counted below
    uvloop.run(run(asked.patterns, asked.runs, asked.messages, down=asked.collector_down))


if __name__ == "__main__":
    main()
