"""Values that do not go together are refused, and the message ends with what to set."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chart.helm import CHART, Helm, Refused

OUTSIDE = {"enabled": False}


def _page(*, writes: bool = False, namespace: str = "lab") -> dict[str, Any]:
    return {"page": {"enabled": True, "writes": writes, "scenarios": {"enabled": True, "namespace": namespace}}}


CONFLICTS: list[tuple[str, dict[str, Any], str]] = [
    ("two servers", {"externalRedis": {"host": "redis.example.org"}}, "redis.enabled=false, or externalRedis.host"),
    ("no server", {"redis": OUTSIDE}, "set externalRedis.host=<name of the server>"),
    ("no node", {"redis": OUTSIDE, "externalRedis": {"mode": "cluster"}}, "set externalRedis.host=<name"),
    (
        "no Sentinel",
        {"redis": OUTSIDE, "externalRedis": {"mode": "sentinel"}},
        "set externalRedis.sentinel.addresses={host:26379,...}",
    ),
    (
        "Sentinels and a host",
        {"redis": OUTSIDE, "externalRedis": {"mode": "sentinel", "host": "a", "sentinel": {"addresses": ["s:1"]}}},
        'set externalRedis.host=""',
    ),
    (
        "Sentinels without their mode",
        {"redis": OUTSIDE, "externalRedis": {"host": "a", "sentinel": {"addresses": ["s:1"]}}},
        "set externalRedis.mode=sentinel",
    ),
    (
        "a Cluster's second database",
        {"redis": OUTSIDE, "externalRedis": {"mode": "cluster", "host": "a", "database": 1}},
        "set externalRedis.database=0",
    ),
    (
        "a key of no Secret",
        {
            "redis": OUTSIDE,
            "externalRedis": {"mode": "sentinel", "sentinel": {"addresses": ["s:1"], "passwordKey": "p"}},
        },
        "set externalRedis.existingSecret=<name of the Secret>",
    ),
    (
        "a certificate of no Secret",
        {"redis": OUTSIDE, "externalRedis": {"host": "a", "tls": {"enabled": True, "clientCertificate": True}}},
        "set externalRedis.tls.existingSecret=<name of the Secret>",
    ),
    (
        "certificates without TLS",
        {"redis": OUTSIDE, "externalRedis": {"host": "a", "tls": {"existingSecret": "s"}}},
        "set externalRedis.tls.enabled=true",
    ),
    (
        "a destination that Redis forbids",
        {"settings": {"DESTINATION_RELIABLE_QUEUE": "orders"}},
        "set redis.acl.destinations.reliableQueue=orders",
    ),
    (
        "a channel that Redis forbids",
        {"settings": {"DESTINATION_SHARDED_PUBSUB": "orders"}},
        "set redis.acl.destinations.shardedPubsub=orders",
    ),
    ("one key for two", {"settings": {"DESTINATION_STREAM": "message_queue"}}, "set settings.DESTINATION_STREAM to"),
    (
        "two autoscalers",
        {
            "settings": {"PATTERN": "queue"},
            "subscriber": {"keda": {"enabled": True}, "autoscaling": {"enabled": True}},
        },
        "set subscriber.autoscaling.enabled=false",
    ),
    (
        "more at least than at most",
        {"subscriber": {"autoscaling": {"enabled": True, "minReplicas": 5, "maxReplicas": 2}}},
        "set subscriber.autoscaling.maxReplicas=5 or more",
    ),
    (
        "a share of no CPU",
        {"subscriber": {"autoscaling": {"enabled": True}, "resources": {"requests": {"cpu": None}}}},
        "set subscriber.resources.requests.cpu=50m",
    ),
    (
        "nothing to count",
        {"settings": {"PATTERN": "pubsub"}, "subscriber": {"keda": {"enabled": True}}},
        "PATTERN=queue",
    ),
    ("nobody to hear", {"subscriber": {"keda": {"enabled": True}}}, "set subscriber.keda.minReplicas=1"),
    (
        "a name that KEDA must check",
        {
            "redis": OUTSIDE,
            "externalRedis": {"host": "a", "tls": {"enabled": True, "verifyHost": False}},
            "settings": {"PATTERN": "queue"},
            "subscriber": {"keda": {"enabled": True}},
        },
        "set externalRedis.tls.verifyHost=true, or subscriber.keda.enabled=false",
    ),
    ("a wait beyond the lease", {"subscriber": {"settings": {"LEASE": 1}}}, "set subscriber.settings.LEASE=2 or more"),
    (
        "a handler beyond the shutdown",
        {"subscriber": {"settings": {"HANDLER_TIMEOUT": 60}}},
        "set settings.SHUTDOWN_GRACE=60 or more",
    ),
    (
        "a first wait beyond the longest",
        {"subscriber": {"settings": {"RETRY_DELAY": 100}}},
        "set subscriber.settings.RETRY_DELAY_MAX=100 or more",
    ),
    (
        "telemetry to nobody",
        {"telemetry": {"enabled": True}},
        "OTLP_ENDPOINT=http://<collector>:4318, or jaeger.enabled",
    ),
    ("Jaeger for nothing", {"jaeger": {"enabled": True}}, "set telemetry.enabled=true"),
    (
        "one name for two services",
        {"telemetry": {"variables": {"OTEL_SERVICE_NAME": "orders"}}},
        "set it in publisher.extraEnv and in subscriber.extraEnv",
    ),
    (
        "a key that everybody reads",
        {"telemetry": {"variables": {"OTEL_EXPORTER_OTLP_HEADERS": "key=secret"}}},
        "in subscriber.extraEnv, by valueFrom.secretKeyRef",
    ),
    ("scenarios of a page that only looks", _page(), "set page.writes=true"),
    ("scenarios nowhere", _page(writes=True, namespace=""), "set page.scenarios.namespace=lab, or another"),
    ("scenarios among the release's pods", _page(writes=True, namespace="default"), "to one of the lab's own"),
]


@pytest.mark.parametrize(("values", "mend"), [each[1:] for each in CONFLICTS], ids=[each[0] for each in CONFLICTS])
def test_a_conflict_is_refused_with_the_mend(helm: Helm, values: dict[str, Any], mend: str) -> None:
    with pytest.raises(Refused) as refused:
        helm.template(values)
    text = str(refused.value)
    assert mend in text
    assert "nil pointer" not in text


def test_a_release_that_begins_with_a_digit_is_refused_where_it_names_a_service(helm: Helm) -> None:
    with pytest.raises(Refused, match="name the release otherwise, or set redis"):
        helm.template(release="1st")
    helm.template({"redis": OUTSIDE, "externalRedis": {"host": "a"}}, release="1st")


def test_every_message_is_tested() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (CHART / "templates").glob("*.tpl"))
    needs_a_cluster, digits = 2, 2
    assert text.count("{{- fail ") == len(CONFLICTS) - _shared() + needs_a_cluster + digits


def _shared() -> int:
    """Return how many of the conflicts above are told by a message that another one has too."""
    return len(["no node", "a channel that Redis forbids", "a handler beyond ...", "a first wait beyond ..."])
