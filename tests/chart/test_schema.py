"""A key that nobody knows is refused, wherever it stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.chart.helm import CHART, Helm, Refused

SCHEMAS = [CHART / "values.schema.json", CHART / "charts/redis/values.schema.json"]
KUBERNETES = {  # passed on as they are: the API server knows their fields
    "fileKeyRef",
    "nodeAffinity",
    "podAffinity",
    "podAntiAffinity",
    "labelSelector",
    "ports",
    "volumes",
}
OTHERS = {"global", "redis"}  # another chart's values; redis has a schema of its own


def _objects(schema: Any, name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:  # noqa: ANN401 - JSON
    if isinstance(schema, list):
        for each in schema:
            yield from _objects(each, name)
    elif isinstance(schema, dict):
        if schema.get("type") == "object":
            yield name, schema
        for key, value in schema.items():
            words = {"properties", "definitions", "items", "anyOf", "additionalProperties"}
            yield from _objects(value, name if key in words else key)


@pytest.mark.parametrize("path", SCHEMAS, ids=["messaging-patterns", "redis"])
def test_every_object_is_closed(path: Path) -> None:
    schema = json.loads(path.read_text(encoding="utf-8"))
    open_ones = {name for name, one in _objects(schema) if one.get("additionalProperties", True) is True}
    assert open_ones <= KUBERNETES | OTHERS


def _paths(values: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from _paths(value, (*path, key))


def _with(path: tuple[str, ...], value: object) -> dict[str, Any]:
    nested: Any = value
    for key in reversed(path):
        nested = {key: nested}
    return dict(nested)


def _all_paths() -> list[tuple[str, ...]]:
    parent = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    child = yaml.safe_load((CHART / "charts/redis/values.yaml").read_text(encoding="utf-8"))
    quantities = {"requests", "limits"}  # resources may have any name
    every = _paths({**parent, "redis": child})
    return [path for path in every if not (quantities & set(path) and "resources" in path)]


@pytest.mark.parametrize("path", _all_paths(), ids=".".join)
def test_a_misspelt_key_is_refused(helm: Helm, path: tuple[str, ...]) -> None:
    with pytest.raises(Refused, match="misspelt"):
        helm.template(_with((*path, "misspelt"), 1))


def test_global_values_are_somebody_elses(helm: Helm) -> None:
    assert helm.template({"global": {"imageRegistry": "x"}, "redis": {"global": {"anything": 1}}}).documents


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("settings.PATTERN", "quue"),
        ("settings.PATTERN", ""),
        ("settings.PATTERN", "queue,,stream"),
        ("settings.LOG_FORMAT", "xml"),
        ("settings.PROBE_PORT", 0),
        ("settings.REDIS_HOST", "elsewhere"),
        ("settings.REDIS_PASSWORD", "secret"),
        ("settings.SHUTDOWN_GRACE", 0),
        ("publisher.settings.PUBLISH_INTERVAL", "abc"),
        ("publisher.settings.PUBLISH_INTERVAL", -1),
        ("publisher.settings.BATCH", 1),
        ("subscriber.settings.PUBLISH_BATCH", 1),
        ("subscriber.replicas", -1),
        ("subscriber.replicas", "3"),
        ("publisher.image.tag", "a b"),
        ("publisher.image.digest", "sha256:abc"),
        ("redis.server", "memcached"),
        ("redis.appendfsync", "sometimes"),
        ("redis.acl.destinations.queue", "a b"),
        ("redis.acl.destinations.queue", "all*"),
        ("externalRedis.mode", "replicated"),
        ("externalRedis.host", "redis://elsewhere"),
        ("externalRedis.sentinel.addresses", ["sentinel"]),
        ("subscriber.extraEnv", [{"name": "A", "valeu": "b"}]),
        ("subscriber.resources.limit", {"memory": "1Gi"}),
        ("telemetry.variables.OTEL_TRACES_SAMPLER", "sometimes"),
        ("telemetry.variables.OTEL_TRACES_SAMPLER_ARG", 1.5),
        ("telemetry.variables.OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("telemetry.variables.OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317"),
        ("telemetry.variables.OTEL_RESOURCE_ATTRIBUTES", "team"),
        ("page.port", 0),
        ("page.hosts", ["https://page.example.org"]),
        ("page.hosts", ["page.example.org:8090"]),
        ("page.hosts", ["Page.example.org"]),
        ("page.traceUrl", "jaeger:16686"),
        ("page.scenarios.namespace", "Lab"),
        ("networkPolicy.apiServerPorts", []),
        ("networkPolicy.pageFrom", [{}]),
    ],
)
def test_a_value_that_cannot_be_used_is_refused(helm: Helm, path: str, value: object) -> None:
    keys = tuple(path.split("."))
    with pytest.raises(Refused) as refused:
        helm.template(_with(keys, value))
    assert keys[-1] in str(refused.value)


@pytest.mark.parametrize("pattern", ["queue", "both", "all", "queue, stream", "pubsub,reliable-queue,sharded-pubsub"])
def test_every_way_to_say_a_pattern_is_taken(helm: Helm, pattern: str) -> None:
    helm.template({"settings": {"PATTERN": pattern}})
