"""What tracing costs: the library without it, and with 0 %, 1 % and 100 % of the messages sampled, run in turn.

The cap of sampled messages a second is a service's; `--cap 0` takes it away. Its seconds are those in which a way is
at work: a busy service has none left over. Spans are exported in the background as in a service, encoded as OTLP and
then thrown away, and the clock stops when that is done, too. With `--collectors` 1 % is sampled, and compared is who
takes it: a collector that takes everything, one that is slow, one that refuses, and nobody. All are asked over HTTP as
a service would, and the clock waits for none. A benchmark and no test: it prints, it does not judge. Each way is taken
within one round, so that a busy moment of the machine meets all.
"""

from __future__ import annotations

import argparse
import logging
import math
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence

import uvloop
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from bench.collector import REFUSES, SLOW, TAKES, collectors
from bench.ours import Ours
from bench.smoke import Rates, spread
from bench.workload import Workload
from lab.common.ports import LOOPBACK, free_port
from lab.embedded import EmbeddedServer
from messaging import PATTERNS, RedisSettings
from messaging.settings.common import TelemetrySettings
from messaging.settings.otel import Queue, Sampling
from messaging.telemetry.sources import Drops
from messaging.telemetry.tracing import Server, Tracing
from messaging.telemetry.tracing.export import SpanQueue

_FLUSH = 2.0


class Discarding(SpanExporter):
    """Does all the work of an exporter but the sending."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Encode and forget."""
        encode_spans(spans).SerializeToString()
        return SpanExportResult.SUCCESS


class Traced:
    """One way of sampling, with its own export."""

    def __init__(self, rate: float, cap: int, exporter: SpanExporter | None = None) -> None:
        """Sample at a rate; the clock waits for the export, unless it goes to a collector."""
        self.drops, self.waits = Drops(), exporter is None
        self._queue = SpanQueue(exporter or Discarding(), Queue(), _FLUSH, self.drops)
        self._worked, self._since = 0.0, math.inf
        sampling, server = Sampling(rate, per_second=cap), Server(LOOPBACK, 6379)
        self.tracing = Tracing(self._queue, sampling, server=server, clock=self._clock)

    def begin(self) -> None:
        """Go to work."""
        self._since = time.perf_counter()

    def end(self) -> None:
        """Wait until all spans are exported, but for no collector, and rest."""
        if self.waits:
            self._queue.force_flush()
        self._worked, self._since = self._clock(), math.inf

    def _clock(self) -> float:
        return self._worked + max(0.0, time.perf_counter() - self._since)

    def close(self) -> str:
        """Say what the end took, and what was lost."""
        start = time.perf_counter()
        self._queue.shutdown()
        took = time.perf_counter() - start
        full, failed = self.drops.queue_full, self.drops.export_failed
        return f"ended in {took:.2f} s; {full} spans found no room, {failed} were not exported"


Ways = dict[str, Traced | None]


def by_rate(cap: int) -> Ways:
    """Return what is compared by default."""
    rates = {"0 %": 0.0, "1 %": 0.01, "100 %": 1.0}
    return {"off": None, **{name: Traced(rate, cap) for name, rate in rates.items()}}


def by_collector(url: str, cap: int) -> Ways:
    """Return 1 % with each kind of collector."""
    urls = {temper: f"{url}/{temper}" for temper in (TAKES, SLOW, REFUSES)}
    urls["down"] = f"http://{LOOPBACK}:{free_port()}"
    return {name: Traced(0.01, cap, OTLPSpanExporter(f"{one}/v1/traces")) for name, one in urls.items()}


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
            if way is not None:
                way.begin()
            await step()
            if way is not None:
                way.end()
            times.append(time.perf_counter() - start)
    finally:
        await contestant.aclose()
    return workload.messages / times[0], workload.messages / times[1]


async def rounds(
    settings: RedisSettings, pattern: str, workload: Workload, runs: int, ways: Ways
) -> dict[str, list[Rates]]:
    """Time each way once a round; the first round is not counted."""
    rates: dict[str, list[Rates]] = {name: [] for name in ways}
    for number in range(runs + 1):
        order = list(ways.items())
        for name, way in order[number % len(order) :] + order[: number % len(order)]:
            rates[name].append(await timed(settings, pattern, workload, way))
    return {name: counted[1:] for name, counted in rates.items()}


def lines(pattern: str, rates: dict[str, list[Rates]]) -> list[str]:
    """Return the rows of one pattern, each compared with the first."""
    rows, first = [], next(iter(rates.values()))
    for place, step in enumerate(("publish", "consume")):
        plain = [rate[place] for rate in first]
        for name, counted in rates.items():
            mine = [rate[place] for rate in counted]
            ratios = [one / other for one, other in zip(mine, plain, strict=True)]
            rows.append(f"{pattern:15} {step:8} {name:7} {spread(mine, ',.0f'):32} {spread(ratios, '.2f')}")
    return rows


async def run(patterns: list[str], runs: int, messages: int, ways: Ways) -> None:
    """Print the table, a pattern as soon as it is measured."""
    print(f"{messages} messages of ~220 bytes, batches of 100, {runs} rounds after one that is not counted")
    print(f"{'pattern':15} {'':8} {'':7} {'messages/s':32} ratio to {next(iter(ways))}")
    async with EmbeddedServer() as server:
        settings = RedisSettings(host=server.host, port=server.port)
        for pattern in patterns:
            measured = await rounds(settings, pattern, Workload(messages), runs, ways)
            print("\n".join(lines(pattern, measured)), flush=True)
    for name, way in ways.items():
        if way is not None:
            print(f"{name}: {way.close()}")


def main() -> None:
    """Read the command line and run."""
    cap = TelemetrySettings().traces_per_second
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patterns", nargs="*", default=list(PATTERNS), choices=list(PATTERNS))
    parser.add_argument("--runs", type=int, default=5, help="counted rounds (default 5)")
    parser.add_argument("--messages", type=int, default=20_000, help="messages a run, in hundreds (default 20000)")
    parser.add_argument("--cap", type=int, default=cap, help=f"messages sampled a second, 0: any (default {cap})")
    parser.add_argument("--collectors", action="store_true", help="compare collectors, at 1 %%")
    asked = parser.parse_args()
    logging.getLogger("opentelemetry").addHandler(logging.NullHandler())  # its losses are counted below
    if not asked.collectors:
        uvloop.run(run(asked.patterns, asked.runs, asked.messages, by_rate(asked.cap)))
        return
    with collectors() as url:
        uvloop.run(run(asked.patterns, asked.runs, asked.messages, by_collector(url, asked.cap)))


if __name__ == "__main__":
    main()
