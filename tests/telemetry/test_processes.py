"""The services as real processes, a real server, and a collector on loopback."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from itertools import pairwise

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from prometheus_client.parser import text_string_to_metric_families

from lab.common.ports import LOOPBACK, free_port
from messaging import PATTERNS
from messaging.telemetry import names
from tests.services.conftest import Probed, Services
from tests.support.eventually import eventually
from tests.support.processes import Processes
from tests.support.promising import promising
from tests.support.standalone import Standalone
from tests.telemetry.collector import Collector, Received

SOON = {"OTEL_BSP_SCHEDULE_DELAY": "50", "OTEL_METRIC_EXPORT_INTERVAL": "200"}

KINDS = {"send": Span.SPAN_KIND_PRODUCER, "process": Span.SPAN_KIND_CONSUMER, "settle": Span.SPAN_KIND_CLIENT}


@pytest.fixture
def services(server: Standalone, processes: Processes) -> Services:
    """Start services against the server."""
    return Services(server, processes)


def sent_to(collector: Collector, pod: str, **more: str) -> dict[str, str]:
    """Return the variables that a pod would have."""
    attributes = f"k8s.pod.name={pod},service.instance.id={pod}"
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_RESOURCE_ATTRIBUTES": attributes, **SOON, **more}


def named(spans: Sequence[Received], operation: str) -> list[Received]:
    """Return the spans of one operation."""
    return [one for one in spans if one.operation == operation]


@pytest.mark.parametrize("pattern", PATTERNS)
async def test_one_trace_id_from_publish_to_process_and_settle(
    services: Services, collector: Collector, pattern: str
) -> None:
    guarantee = PATTERNS[pattern].guarantee
    subscriber = services.probed("subscriber", PATTERN=pattern, **sent_to(collector, "subscriber-0"))
    await eventually(subscriber.ready)
    settings = sent_to(collector, "publisher-0")
    publisher = services.start("publisher", PATTERN=pattern, PUBLISH_COUNT="1", **settings)
    assert await publisher.exit() == 0
    expected = ["send", "process", *(["settle"] if guarantee.redelivers else [])]
    await eventually(lambda: {"send", expected[-1]} <= {one.operation for one in collector.spans})
    trace = [one for name in expected for one in named(collector.spans, name)]
    assert [one.operation for one in trace] == expected
    assert [one.span.kind for one in trace] == [KINDS[name] for name in expected]
    assert len({one.span.trace_id for one in trace}) == 1
    for parent, child in pairwise(trace):
        assert child.span.parent_span_id == parent.span.span_id
    pods = [one.resource["k8s.pod.name"] for one in trace]
    assert pods == ["publisher-0", *["subscriber-0"] * (len(expected) - 1)]
    for one, service in zip(trace, ["publisher", "subscriber", "subscriber"], strict=False):
        assert one.resource["service.name"] == service
        assert re.fullmatch(r"\d+\.\d+\.\d+", one.resource["service.version"])
        assert one.facts[names.SERVER_PORT] == services.server.node.port
    if not guarantee.fan_out:
        (receive,) = named(collector.spans, "receive")
        assert [link.span_id for link in receive.span.links] == [trace[0].span.span_id]


@pytest.mark.parametrize("number", [3, 200])
@promising(fan_out=False)
async def test_a_batch_as_the_collector_sees_it(
    services: Services, collector: Collector, pattern: str, number: int
) -> None:
    """Two processes, a trace for each message, and every link; 200 is more than the SDK keeps by itself."""
    settings = {"PATTERN": pattern, "PUBLISH_COUNT": str(number), "PUBLISH_BATCH": str(number)}
    settings["TELEMETRY_TRACES_PER_SECOND"] = "0"
    assert await services.start("publisher", **settings, **sent_to(collector, "publisher-0")).exit() == 0
    subscriber = services.start("subscriber", PATTERN=pattern, **sent_to(collector, "subscriber-0"))
    await eventually(lambda: len(named(collector.spans, "process")) == number)
    subscriber.terminate()
    assert await subscriber.exit() == 0  # its last spans are sent before the end
    spans = collector.spans
    creates, processes = named(spans, "create"), named(spans, "process")
    assert {one.span.kind for one in creates} == {Span.SPAN_KIND_PRODUCER}
    assert {one.span.kind for one in processes} == {Span.SPAN_KIND_CONSUMER}
    traces = {one.span.span_id: one.span.trace_id for one in creates}
    assert len(set(traces.values())) == number
    assert {one.span.parent_span_id: one.span.trace_id for one in processes} == traces
    (send,), receives, settles = named(spans, "send"), named(spans, "receive"), named(spans, "settle")
    assert linked([send]) == linked(receives) == sorted(traces)
    redelivers = PATTERNS[pattern].guarantee.redelivers
    assert linked(settles) == (sorted(one.span.span_id for one in processes) if redelivers else [])
    for one in (send, *receives, *settles):
        assert (one.span.kind, one.span.parent_span_id) == (Span.SPAN_KIND_CLIENT, b"")
    assert send.facts[names.BATCH_COUNT] == number


def linked(spans: Sequence[Received]) -> list[bytes]:
    """Return what spans are linked to."""
    return sorted(link.span_id for one in spans for link in one.span.links)


async def test_the_name_is_the_standard_variables(services: Services, collector: Collector) -> None:
    settings = sent_to(collector, "p", OTEL_SERVICE_NAME="orders")
    publisher = services.start("publisher", PATTERN="queue", PUBLISH_COUNT="1", **settings)
    assert await publisher.exit() == 0
    (send,) = collector.spans  # the last spans are sent before the end
    assert send.resource["service.name"] == "orders"
    assert send.resource["service.instance.id"] == "p"


@pytest.mark.parametrize("variable", [{"OTEL_SDK_DISABLED": "true"}, {"OTEL_TRACES_EXPORTER": "none"}])
async def test_switched_off(services: Services, collector: Collector, variable: dict[str, str]) -> None:
    settings = sent_to(collector, "p") | variable
    publisher = services.start("publisher", PATTERN="queue", PUBLISH_COUNT="1", **settings)
    assert await publisher.exit() == 0
    assert collector.spans == []


async def test_a_variable_that_cannot_be_used_ends_it_at_once(services: Services) -> None:
    publisher = services.start("publisher", OTEL_EXPORTER_OTLP_ENDPOINT="http://x:1", OTEL_TRACES_SAMPLER="sometimes")
    assert await publisher.exit() == 2
    assert publisher.lines[-1].startswith("publisher: OTEL_TRACES_SAMPLER=sometimes: give one of always_on")


async def test_metrics_by_otlp_are_those_of_the_metrics_page(services: Services, collector: Collector) -> None:
    subscriber = services.probed("subscriber", PATTERN="stream", **sent_to(collector, "s"))
    await eventually(subscriber.ready)
    publisher = services.start("publisher", PATTERN="stream", PUBLISH_COUNT="3", **sent_to(collector, "p"))
    assert await publisher.exit() == 0
    sent = collector.metrics("publisher")[names.SENT_MESSAGES]
    values = {_facts(point)[names.ERROR_TYPE]: point.as_int for point in sent.sum.data_points}
    assert values == {"": 3, "failed": 0, "unknown": 0}

    def processed() -> bool:
        metric = collector.metrics("subscriber").get(names.PROCESSED)
        return metric is not None and metric.sum.data_points[0].as_int == 3

    await eventually(processed)
    await eventually(lambda: names.BACKLOG in collector.metrics("subscriber"))
    found = collector.metrics("subscriber")
    (latency,) = found[names.LATENCY].histogram.data_points
    assert (latency.count, len(latency.bucket_counts), len(latency.explicit_bounds)) == (3, 15, 14)
    assert found[names.LATENCY].histogram.aggregation_temporality == 2  # cumulative
    assert found[names.BACKLOG].gauge.data_points[0].as_int == 0
    assert found[names.PENDING].gauge.data_points[0].as_int == 0
    assert _facts(found[names.PROCESSED].sum.data_points[0]) == {
        names.SYSTEM: "redis",
        names.PATTERN: "stream",
        names.DESTINATION: "message_stream",
        names.OPERATION: "receive",
    }


def _facts(point: object) -> dict[str, str]:
    return {one.key: one.value.string_value for one in point.attributes}  # type: ignore[attr-defined]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_with_everything_switched_on_it_is_small_still(services: Services, collector: Collector) -> None:
    settings = sent_to(collector, "p", PATTERN="all", PUBLISH_INTERVAL="3600")
    idle = services.probed("subscriber", **settings)
    await eventually(idle.ready)
    await eventually(lambda: collector.requests > 1)
    with open(f"/proc/{idle.process.pid}/status", encoding="utf-8") as file:  # noqa: ASYNC230, PTH123 - a file of the kernel's
        kilobytes = int(re.findall(r"VmRSS:\s+(\d+) kB", file.read())[0])
    assert kilobytes <= 80 * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_what_is_not_switched_on_is_not_loaded(services: Services) -> None:
    plain = services.probed("publisher", PATTERN="queue", PUBLISH_INTERVAL="3600")
    await eventually(plain.ready)
    with open(f"/proc/{plain.process.pid}/maps", encoding="utf-8") as file:  # noqa: ASYNC230, PTH123 - a file of the kernel's
        assert "google/_upb" not in file.read()  # protobuf


def nobody() -> str:
    """Return an endpoint where nobody listens."""
    return f"http://{LOOPBACK}:{free_port()}"


async def dropped(service: Probed, reason: str) -> float:
    """Return how many spans were lost so far, as /metrics says."""
    for family in text_string_to_metric_families((await service.ask("/metrics"))[1]):
        for sample in family.samples:
            if sample.name == "messaging_redis_telemetry_dropped_spans_total" and sample.labels["error_type"] == reason:
                return sample.value
    return 0.0


async def test_nobody_listens(services: Services) -> None:
    settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": nobody(), **SOON, "TELEMETRY_FLUSH": "0.5"}
    settings |= {"OTEL_BSP_MAX_QUEUE_SIZE": "10", "OTEL_EXPORTER_OTLP_TIMEOUT": "1"}
    publisher = services.probed("publisher", PATTERN="queue", PUBLISH_INTERVAL="0.001", **settings)
    await publisher.process.line("Hello from Python #20")
    await publisher.process.line("Telemetry: ")
    await eventually(lambda: dropped(publisher, "export_failed"))
    await eventually(lambda: dropped(publisher, "queue_full"))
    publisher.process.terminate()
    assert await publisher.process.exit(timeout=5) == 0


async def test_a_collector_that_does_not_answer_holds_nobody_up(services: Services, collector: Collector) -> None:
    collector.open.clear()
    settings = sent_to(collector, "p", OTEL_BSP_MAX_QUEUE_SIZE="10", TELEMETRY_FLUSH="0.5")
    publisher = services.probed("publisher", PATTERN="queue", PUBLISH_INTERVAL="0.001", **settings)
    await publisher.process.line("Hello from Python #50")
    await eventually(lambda: dropped(publisher, "queue_full"))
    publisher.process.terminate()
    assert await publisher.process.exit(timeout=5) == 0
    collector.open.set()


async def test_a_collector_that_refuses(services: Services, collector: Collector) -> None:
    collector.status = 400
    publisher = services.probed("publisher", PATTERN="queue", PUBLISH_INTERVAL="0.01", **sent_to(collector, "p"))

    await eventually(lambda: dropped(publisher, "export_failed"))
    assert await publisher.ready()
    publisher.process.terminate()
    assert await publisher.process.exit(timeout=5) == 0
