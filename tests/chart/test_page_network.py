"""The live page among the release's pods: whom it reaches, who reaches it, and who does not take it for a service."""

from __future__ import annotations

import pytest

from tests.chart.helm import Document, Helm, container
from tests.chart.test_page import PAGE, page, pod


def test_whoever_reads_metrics_or_scales_does_not_take_it_for_a_service(helm: Helm) -> None:
    more = {"monitoring": {"podMonitor": {"enabled": True}}, "networkPolicy": {"enabled": True}}
    more |= {one: {"podDisruptionBudget": {"enabled": True}} for one in ("publisher", "subscriber")}
    more |= {"telemetry": {"enabled": True}, "jaeger": {"enabled": True}}
    rendered = helm.template(page() | more)
    taking = [
        f"{one['kind']}/{one['metadata']['name']}"
        for one in rendered.documents
        if any(_selects(each) for each in _selectors(one))
    ]
    assert sorted(taking) == ["Deployment/demo-page", "NetworkPolicy/demo-page", "Service/demo-page"]
    assert all(port["name"] != "probes" for port in container(pod(rendered))["ports"]), "what `lab watch` looks for"


def _selectors(one: Document) -> list[Document]:
    spec = one.get("spec", {})
    service = {"matchLabels": spec["selector"]} if one["kind"] == "Service" else spec.get("selector")
    return [each for each in (service, spec.get("podSelector")) if each is not None]


def _selects(selector: Document) -> bool:
    """Tell whether a selector takes the page's pod in."""
    chosen = selector.get("matchLabels", {}).items() <= PAGE.items()
    return chosen and all(PAGE.get(each["key"]) in each["values"] for each in selector.get("matchExpressions", []))


@pytest.mark.parametrize("redis", ["bundled", "own"])
def test_it_reaches_what_it_asks_and_is_reached_by_who_may_look(helm: Helm, redis: str) -> None:
    guest = {"podSelector": {"matchLabels": {"team": "ours"}}}
    own = {"redis": {"enabled": False}, "externalRedis": {"host": "r", "port": 6380}} if redis == "own" else {}
    network = {"enabled": True, "pageFrom": [guest], "redisCIDRs": ["10.0.0.0/8"] if own else []}
    rendered = helm.template(page() | own | {"networkPolicy": network})
    policy = rendered.of("NetworkPolicy", "demo-page")["spec"]
    assert policy["podSelector"]["matchLabels"] == PAGE
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["ingress"] == [{"ports": [{"port": "http"}], "from": [guest]}]
    names, server, services, cluster = policy["egress"]
    assert names["ports"] == [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]
    assert server in rendered.of("NetworkPolicy", "demo-services")["spec"]["egress"]
    assert services["ports"] == [{"port": 8080}]
    assert services["to"][0]["podSelector"]["matchExpressions"][0]["values"] == ["publisher", "subscriber"]
    assert cluster == {"ports": [{"port": 443}, {"port": 6443}]}, "anywhere"


def test_unless_somebody_is_named_nobody_reaches_it(helm: Helm) -> None:
    rendered = helm.template(page() | {"networkPolicy": {"enabled": True}})
    policy = rendered.of("NetworkPolicy", "demo-page")["spec"]
    assert "ingress" not in policy
    assert "Ingress" in policy["policyTypes"]


def test_the_services_and_the_server_let_it_in(helm: Helm) -> None:
    reader = {"namespaceSelector": {"matchLabels": {"team": "ours"}}}
    rendered = helm.template(page() | {"networkPolicy": {"enabled": True, "metricsFrom": [reader]}})
    (metrics,) = rendered.of("NetworkPolicy", "demo-services")["spec"]["ingress"]
    assert metrics == {"ports": [{"port": "probes"}], "from": [{"podSelector": {"matchLabels": PAGE}}, reader]}
    (asking,) = rendered.of("NetworkPolicy", "demo-redis")["spec"]["ingress"]
    assert _selects(asking["from"][0]["podSelector"])
    without = helm.template({"networkPolicy": {"enabled": True}})
    assert "ingress" not in without.of("NetworkPolicy", "demo-services")["spec"]
    (asking,) = without.of("NetworkPolicy", "demo-redis")["spec"]["ingress"]
    assert not _selects(asking["from"][0]["podSelector"])
