"""What is exported as a counter never falls, whatever clocks and counts a sender writes."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta, timezone
from functools import partial
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    HistogramDataPoint,
    MetricExporter,
    MetricExportResult,
    MetricsData,
    NumberDataPoint,
    Sum,
)
from opentelemetry.sdk.resources import Resource
from prometheus_client.parser import text_string_to_metric_families

from messaging import ConsumerLoop, Delivery, Life, LoopOptions, Options, each
from messaging.memory import MemoryBroker
from messaging.patterns import PATTERNS
from messaging.telemetry import names
from messaging.telemetry.exposition import Exposition
from messaging.telemetry.instruments import Kind
from messaging.telemetry.measured import Observed
from messaging.telemetry.otlp_metrics import open_metrics, with_histograms
from messaging.telemetry.sources import Source
from tests.support.eventually import eventually

Series = dict[tuple[str, ...], float]

STAMPS = st.one_of(
    st.sampled_from(
        [
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59.999999-14:00",
            "2999-01-01T00:00:00Z",
            "2016-12-31T23:59:60Z",
            "-0044-03-15T12:00:00Z",
            "1969-12-31T23:59:59.5Z",
            "2026-07-14T12:00:00",
            "2026-07-14T12:00:00." + "9" * 40 + "Z",
        ]
    ),
    st.datetimes(timezones=st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours)))).map(
        lambda moment: moment.isoformat()
    ),
)
COUNTS = st.one_of(st.integers(0, 9), st.integers(-(2**63), 2**63 - 1))
LIFE = Life()


def body(stamp: str, count: int) -> bytes:
    """Return a message as a hostile sender may write it."""
    fields = {"id": LIFE.id_of(count), "timestamp": stamp, "message": "hello", "sender": "tester", "count": count}
    return json.dumps(fields).encode()


class Kept(MetricExporter):
    """Keeps what the last export would have sent."""

    last: MetricsData

    def __init__(self, observed: Observed) -> None:
        """Keep a service's."""
        super().__init__()
        self._observed = observed

    def export(self, metrics_data: MetricsData, timeout_millis: float = 0, **_: object) -> MetricExportResult:  # noqa: ARG002 - the SDK's
        self.last = with_histograms(metrics_data, self._observed, 0)
        return MetricExportResult.SUCCESS

    def force_flush(self, timeout_millis: float = 0) -> bool:  # noqa: ARG002 - the SDK's
        return True

    def shutdown(self, timeout_millis: float = 0, **_: object) -> None:
        pass


async def scraped(exposition: Exposition) -> Series:
    """Return every series of Prometheus that must not fall."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families((await exposition.page()).decode())
        for sample in family.samples
        if family.name.startswith("messaging") and family.type in (Kind.COUNTER, Kind.HISTOGRAM)
    }


def exported(provider: MeterProvider, kept: Kept) -> Series:
    """Return every value by OTLP that must not fall."""
    provider.force_flush()
    found: Series = {}
    for resource in kept.last.resource_metrics:
        for metric in (metric for scope in resource.scope_metrics for metric in scope.metrics):
            for point in metric.data.data_points:
                key = (metric.name, *(str(value) for _, value in sorted((point.attributes or {}).items())))
                if isinstance(point, HistogramDataPoint):
                    found[(*key, "sum")] = point.sum
                    found |= {(*key, str(place)): count for place, count in enumerate(point.bucket_counts)}
                elif isinstance(metric.data, Sum) and isinstance(point, NumberDataPoint):
                    found[key] = point.value
    return found


async def done(_: Delivery) -> None:
    """Handle a message."""


def arrived(loop: ConsumerLoop, number: int) -> bool:
    """Tell whether so many messages came."""
    return loop.counters.received == number


async def watch(bodies: list[bytes]) -> list[Series]:
    """Let the messages come one by one; return what is shown after each, both ways in one."""
    broker = MemoryBroker()
    options = Options(destination="here", block=0.01)
    loop = ConsumerLoop(broker.consumer("pubsub", options), each(done), PATTERNS["pubsub"].guarantee, LoopOptions())
    source = Source("pubsub", "here", names.OPERATION_RECEIVE, loop.counters, lambda: 0.0, lambda: True)
    observed = Observed([source])
    kept = Kept(observed)
    exposition = Exposition(observed)
    provider = open_metrics(observed, Resource({}), 3600, asyncio.get_running_loop(), kept)
    running = asyncio.ensure_future(loop.run())
    await eventually(lambda: loop.ready)
    seen = []
    for number, one in enumerate(bodies, 1):
        broker.push("pubsub", "here", one)
        await eventually(partial(arrived, loop, number))
        seen.append(await scraped(exposition) | await asyncio.to_thread(exported, provider, kept))
    loop.stop()
    await running
    await asyncio.to_thread(provider.shutdown)
    return seen


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(STAMPS, COUNTS), min_size=2, max_size=6))
def test_nothing_that_is_a_counter_ever_falls(sent: list[tuple[str, int]]) -> None:
    seen = asyncio.run(watch([body(stamp, count) for stamp, count in sent]))
    for before, after in pairwise(seen):
        assert {key: (value, after[key]) for key, value in before.items() if after[key] < value} == {}


def test_a_message_from_the_future_counts_as_clock_skew_and_as_no_time_on_the_way() -> None:
    *_, last = asyncio.run(watch([body("2999-01-01T00:00:00Z", 1), body("2999-01-01T00:00:00Z", 2)]))
    labels = ("here", "receive", "pubsub", "redis")
    assert last["messaging_redis_latency_seconds_sum", *labels] == last[names.LATENCY, *labels, "sum"] == 0
    assert last["messaging_redis_latency_seconds_count", *labels] == last[names.LATENCY, *labels, "0"] == 2
    assert last["messaging_redis_clock_skew_messages_total", *labels] == last[names.CLOCK_SKEW, *labels] == 2


def test_a_message_that_comes_late_takes_no_hole_back_from_the_counter() -> None:
    *_, last = asyncio.run(watch([body("2026-07-14T12:00:00Z", count) for count in (1, 5, 3)]))
    assert last[names.GAP, "here", "receive", "pubsub", "redis"] == 3
