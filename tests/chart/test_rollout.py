"""Which pods a changed value replaces, and how many there are."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chart.helm import Helm, Refused

PUBLISHER, SUBSCRIBER, REDIS = "Deployment/demo-publisher", "Deployment/demo-subscriber", "StatefulSet/demo-redis"


def changed(helm: Helm, values: dict[str, Any]) -> set[str]:
    """Return the workloads whose pods these values replace."""
    before, after = dict(helm.template().pods()), dict(helm.template(values).pods())
    return {name for name in before if not name.startswith("Job/") and before[name] != after[name]}


@pytest.mark.parametrize(
    ("values", "workloads"),
    [
        ({"settings": {"PATTERN": "all"}}, {PUBLISHER, SUBSCRIBER}),
        ({"publisher": {"settings": {"PUBLISH_INTERVAL": 0.5}}}, {PUBLISHER}),
        ({"subscriber": {"settings": {"BATCH": 10}}}, {SUBSCRIBER}),
        ({"redis": {"appendfsync": "always"}}, {REDIS}),
        ({"redis": {"server": "valkey"}}, {REDIS}),
        ({"subscriber": {"replicas": 4}}, set()),
        ({"subscriber": {"podDisruptionBudget": {"enabled": True}}}, set()),
        ({"networkPolicy": {"enabled": True}}, set()),
        ({"test": {"count": 5}}, set()),
        ({"page": {"enabled": True, "writes": True}}, set()),
        ({"telemetry": {"enabled": True}, "jaeger": {"enabled": True}}, {PUBLISHER, SUBSCRIBER}),
        ({"telemetry": {"variables": {"OTEL_TRACES_SAMPLER_ARG": 0.5}}}, set()),  # as long as it is off
    ],
)
def test_a_changed_value_replaces_exactly_the_pods_that_read_it(
    helm: Helm, values: dict[str, Any], workloads: set[str]
) -> None:
    assert changed(helm, values) == workloads


@pytest.mark.parametrize("service", ["publisher", "subscriber"])
@pytest.mark.parametrize(("replicas", "rendered"), [(None, "absent"), (0, 0), (3, 3)])
def test_null_replicas_are_left_to_others_and_none_is_none(
    helm: Helm, service: str, replicas: int | None, rendered: object
) -> None:
    deployment = helm.template({service: {"replicas": replicas}}).of("Deployment", f"demo-{service}")
    assert deployment["spec"].get("replicas", "absent") == rendered


@pytest.mark.parametrize("scaler", ["keda", "autoscaling"])
def test_an_autoscaler_decides_alone(helm: Helm, scaler: str) -> None:
    values = {"settings": {"PATTERN": "queue"}, "subscriber": {"replicas": 3, scaler: {"enabled": True}}}
    assert "replicas" not in helm.template(values).of("Deployment", "demo-subscriber")["spec"]


def test_keda_watches_every_signal_of_every_queue_in_use(helm: Helm) -> None:
    values = {"settings": {"PATTERN": "queue,reliable-queue,stream"}, "subscriber": {"keda": {"enabled": True}}}
    triggers = helm.template(values).of("ScaledObject")["spec"]["triggers"]
    keys = ("listName", "stream", "lagCount", "pendingEntriesCount")
    seen = [(each["type"], *(each["metadata"].get(key) for key in keys)) for each in triggers]
    assert seen == [
        ("redis", "message_queue", None, None, None),
        ("redis", "reliable_message_queue", None, None, None),
        ("redis", "{reliable_message_queue}:woken", None, None, None),
        ("redis", "{reliable_message_queue}:leases", None, None, None),
        ("redis-streams", None, "message_stream", "100", None),
        ("redis-streams", None, "message_stream", None, "100"),
    ]
    assert all(each["metadata"]["address"] == "demo-redis.default:6379" for each in triggers)


@pytest.mark.parametrize(
    ("mode", "types", "key"),
    [
        ("standalone", {"redis", "redis-streams"}, "address"),
        ("sentinel", {"redis-sentinel", "redis-sentinel-streams"}, "addresses"),
        ("cluster", {"redis-cluster", "redis-cluster-streams"}, "addresses"),
    ],
)
def test_keda_goes_the_way_that_the_services_go(helm: Helm, mode: str, types: set[str], key: str) -> None:
    server = {"sentinel": {"addresses": ["one:26379", "two:26379"]}} if mode == "sentinel" else {"host": "one"}
    values = {
        "redis": {"enabled": False},
        "externalRedis": {"mode": mode, **server, "existingSecret": "s", "tls": {"enabled": True}},
        "settings": {"PATTERN": "queue,stream"},
        "subscriber": {"keda": {"enabled": True}},
    }
    rendered = helm.template(values)
    triggers = rendered.of("ScaledObject")["spec"]["triggers"]
    assert {each["type"] for each in triggers} == types
    where = "one:26379,two:26379" if mode == "sentinel" else "one:6379"
    assert {each["metadata"][key] for each in triggers} == {where}
    assert {each["metadata"]["enableTLS"] for each in triggers} == {"true"}
    (password,) = rendered.of("TriggerAuthentication")["spec"]["secretTargetRef"]
    assert password == {"parameter": "password", "name": "s", "key": "autoscaler-password"}


def test_a_namespace_of_ones_own_is_in_no_name_but_kedas(helm: Helm) -> None:
    with pytest.raises(Refused):
        helm.template({"namespace": "x"})
    values = {"settings": {"PATTERN": "queue"}, "subscriber": {"keda": {"enabled": True}}}
    rendered = helm.template(values, options=["--namespace", "other"])
    assert rendered.of("ScaledObject")["spec"]["triggers"][0]["metadata"]["address"] == "demo-redis.other:6379"
