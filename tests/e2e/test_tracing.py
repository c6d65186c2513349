"""One trace from the publisher's pod to the subscriber's, read back from Jaeger: sent directly, and by a collector."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from messaging import PATTERNS
from messaging.telemetry import names
from tests.e2e.forward import forward
from tests.e2e.kube import Kube, run, until
from tests.e2e.release import Release

IMAGE = "otel/opentelemetry-collector:0.140.0"
ROUTES = ["direct", "collector"]
MARK = "test.route"
SOON = {"OTEL_BSP_SCHEDULE_DELAY": 200, "OTEL_METRIC_EXPORT_INTERVAL": 1000}
CONFIGURATION = {
    "receivers": {"otlp": {"protocols": {"http": {"endpoint": "0.0.0.0:4318"}}}},
    "exporters": {
        "otlphttp": {"endpoint": "http://demo-jaeger:4318"},
        "prometheus": {"endpoint": "0.0.0.0:8889", "resource_to_telemetry_conversion": {"enabled": True}},
    },
    "service": {
        "pipelines": {
            "traces": {"receivers": ["otlp"], "exporters": ["otlphttp"]},
            "metrics": {"receivers": ["otlp"], "exporters": ["prometheus"]},
        }
    },
}
Span = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """What runs, and where Jaeger is.

    Attributes:
        demo: the release.
        route: how its spans go to Jaeger.
        url: Jaeger's address.
    """

    demo: Release
    route: str
    url: str

    def traces(self, message: str) -> list[dict[str, Any]]:
        """Return every trace of a message."""
        asked = urlencode({"service": "publisher", "tags": json.dumps({names.MESSAGE_ID: message})})
        return list(self._ask(f"traces?{asked}") or [])

    def trace(self, identity: str) -> dict[str, Any]:
        """Return one trace by its id."""
        (only,) = self._ask(f"traces/{identity}")
        return dict(only)

    def _ask(self, what: str) -> Any:  # noqa: ANN401 - JSON
        with urlopen(f"{self.url}/api/{what}", timeout=10) as answer:  # noqa: S310 - Jaeger's, on loopback
            return json.load(answer)["data"]

    def message(self) -> str:
        """Return the id of a message that comes from now on, by every pattern, as the subscriber's log tells."""
        before = set(self._received())

        def whole() -> str | None:
            ids = self._received()
            return next((one for one in ids if one not in before and ids.count(one) == len(PATTERNS)), None)

        return str(until(whole, "a message that came by every pattern"))

    def _received(self) -> list[str]:
        (pod,) = self.demo.names("subscriber")
        return re.findall(r"\(ID: ([0-9a-f-]+)\)", self.demo.kube("logs", pod, "--tail=-1"))


@pytest.fixture(scope="module", params=ROUTES)
def scene(request: pytest.FixtureRequest, kube: Kube, release: Callable[..., Release]) -> Iterator[Scene]:
    """Install with Jaeger; for the second route, put a collector between."""
    demo = release("demo")
    if request.param == "direct":
        demo.install(values(route="direct"))
    else:
        command = ["/otelcol", f"--config=yaml:{json.dumps(CONFIGURATION)}"]
        kube.pod("collector", IMAGE, command, user=10001, port=4318)
        demo.upgrade(values(route="collector", endpoint="http://collector:4318"))
    for service in ("publisher", "subscriber"):
        demo.expect(service, 1)
    with forward(kube.namespace, "service/demo-jaeger", 16686) as port:
        yield Scene(demo, request.param, f"http://127.0.0.1:{port}")


def values(*, route: str, endpoint: str = "") -> dict[str, Any]:
    """Return values that trace every message, behind NetworkPolicies."""
    marked = {"OTEL_TRACES_SAMPLER": "always_on", "OTEL_RESOURCE_ATTRIBUTES": f"{MARK}={route}"}
    return {
        "settings": {"PATTERN": "all"},
        "telemetry": {"enabled": True, "variables": {**SOON, **marked, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}},
        "jaeger": {"enabled": True},
        "networkPolicy": {"enabled": True, "jaegerFrom": [{"podSelector": {"matchLabels": {"app": "collector"}}}]},
    }


def facts(of: dict[str, Any]) -> dict[str, Any]:
    """Return the tags of a span or a process."""
    return {tag["key"]: tag["value"] for tag in of["tags"]}


def steps(trace: dict[str, Any]) -> dict[str, tuple[Span, dict[str, Any]]]:
    """Return each span, and the resource that it came from, by its operation."""
    assert len({span["traceID"] for span in trace["spans"]}) == 1
    found = {
        span["operationName"].split()[0]: (span, facts(trace["processes"][span["processID"]]) | {"service": service})
        for span in trace["spans"]
        for service in [trace["processes"][span["processID"]]["serviceName"]]
    }
    assert len(found) == len(trace["spans"])
    return found


def parents(span: Span) -> list[str]:
    """Return whose child a span is."""
    return [one["spanID"] for one in span["references"] if one["refType"] == "CHILD_OF"]


def by_pattern(scene: Scene, message: str) -> dict[str, dict[str, Any]]:
    """Wait for a message's traces, one for each pattern, each with its last span."""

    def complete() -> dict[str, dict[str, Any]] | None:
        found = {facts(trace["spans"][0])[names.PATTERN]: trace for trace in scene.traces(message)}
        lengths = {pattern: 3 if kind.guarantee.redelivers else 2 for pattern, kind in PATTERNS.items()}
        return found if {pattern: len(trace["spans"]) for pattern, trace in found.items()} == lengths else None

    return dict(until(complete, "every pattern's trace of the message"))


def test_a_message_is_one_trace_with_the_names_of_both_pods(scene: Scene) -> None:
    (publisher,), (subscriber,) = scene.demo.pods("publisher"), scene.demo.pods("subscriber")
    for pattern, trace in by_pattern(scene, scene.message()).items():
        found = steps(trace)
        send, origin = found["send"]
        process, end = found["process"]
        assert parents(process) == [send["spanID"]], pattern
        if "settle" in found:
            assert parents(found["settle"][0]) == [process["spanID"]]
        for service, pod, resource in (("publisher", publisher, origin), ("subscriber", subscriber, end)):
            assert resource.items() >= expected(scene, service, pod).items()


def expected(scene: Scene, service: str, pod: dict[str, Any]) -> dict[str, str]:
    """Return what a span must say of the pod that it comes from."""
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    (box,) = pod["spec"]["containers"]
    return {
        "service": service,
        names.SERVICE_VERSION: box["image"].rpartition(":")[2],
        names.SERVICE_INSTANCE: f"{namespace}.{name}.{service}",
        names.POD_NAME: name,
        "k8s.pod.uid": pod["metadata"]["uid"],
        "k8s.namespace.name": namespace,
        "k8s.node.name": pod["spec"]["nodeName"],
        "k8s.deployment.name": f"demo-{service}",
        MARK: scene.route,
    }


def test_find_tells_the_pods_and_links_to_the_trace(scene: Scene) -> None:
    message = scene.message()
    by_pattern(scene, message)
    command = [sys.executable, "-m", "lab", "find", message, "--runs", "/nowhere", "--trace-url", scene.url]
    lines = run(*command).splitlines()
    for pattern in PATTERNS:
        for operation, service in (("send", "publisher"), ("process", "subscriber")):
            (pod,) = scene.demo.names(service)
            assert [line for line in lines if f"  {pattern}: {operation} by {pod}, " in line], pattern
        (link,) = [line.split(": ", 1)[1] for line in lines if line.startswith(f"trace of {pattern}: ")]
        identity = link.removeprefix(f"{scene.url}/trace/")
        assert facts(scene.trace(identity)["spans"][0])[names.MESSAGE_ID] == message


def test_metrics_reach_the_collector_as_they_reach_the_page(scene: Scene) -> None:
    if scene.route == "direct":
        pytest.skip("Jaeger takes no metrics")
    (pod,) = scene.demo.names("subscriber")

    def counted(url: str) -> set[str]:
        with urlopen(url, timeout=10) as answer:  # noqa: S310 - the collector's, on loopback
            page = answer.read().decode()
        return {
            sample.labels[names.PATTERN.replace(".", "_")]
            for family in text_string_to_metric_families(page)
            for sample in family.samples
            if sample.name == f"{names.PROCESSED.replace('.', '_')}_total" and sample.value
            if sample.labels["k8s_pod_name"] == pod
        }

    with forward(scene.demo.kube.namespace, "pod/collector", 8889) as port:
        until(lambda: counted(f"http://127.0.0.1:{port}/metrics") == set(PATTERNS), "what was processed, by pattern")
