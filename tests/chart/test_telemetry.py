"""What the chart tells the services of OpenTelemetry, and the Jaeger that it can bring."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from messaging.settings.otel import PROTOCOLS, SAMPLER, SAMPLERS, Otel, Sampling, otel
from tests.chart.helm import CHART, Document, Helm, Rendered, container, data
from tests.docs.pages import blocks
from tests.telemetry.test_conventions import CONVENTIONS

SERVICES = ["publisher", "subscriber"]
COLLECTOR = "OTEL_EXPORTER_OTLP_ENDPOINT"
FIELDS = {
    "K8S_POD_NAME": "metadata.name",
    "K8S_POD_UID": "metadata.uid",
    "K8S_NAMESPACE_NAME": "metadata.namespace",
    "K8S_NODE_NAME": "spec.nodeName",
}
JAEGER = {"telemetry": {"enabled": True}, "jaeger": {"enabled": True}}


def sending(**variables: object) -> dict[str, Any]:
    """Return values that switch telemetry on."""
    return {"telemetry": {"enabled": True, "variables": {COLLECTOR: "http://collector:4318", **variables}}}


def entries(rendered: Rendered, service: str) -> list[Document]:
    """Return the variables that stand in a service's pod."""
    return list(container(dict(rendered.pods())[f"Deployment/demo-{service}"])["env"])


def variables(rendered: Rendered, service: str) -> dict[str, str]:
    """Return those whose values are known."""
    return {each["name"]: each["value"] for each in entries(rendered, service) if "value" in each}


def switched(rendered: Rendered, service: str) -> Otel:
    """Return what the service makes of them."""
    return otel(variables(rendered, service))


@pytest.mark.parametrize("service", SERVICES)
def test_by_default_no_variable_says_anything(helm: Helm, service: str) -> None:
    names = {each["name"] for each in entries(helm.template(), service)}
    assert not {name for name in names if name.startswith(("OTEL_", "K8S_"))}


@pytest.mark.parametrize("service", SERVICES)
def test_the_standard_variables_are_passed_on_unchanged(helm: Helm, service: str) -> None:
    given = {"OTEL_TRACES_SAMPLER_ARG": 0.25, "OTEL_METRIC_EXPORT_INTERVAL": 10000, "OTEL_BSP_SCHEDULE_DELAY": None}
    found = variables(helm.template(sending(**given)), service)
    del found["OTEL_RESOURCE_ATTRIBUTES"]
    assert found == {
        COLLECTOR: "http://collector:4318",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        SAMPLER: "parentbased_traceidratio",
        "OTEL_TRACES_SAMPLER_ARG": "0.25",
        "OTEL_METRIC_EXPORT_INTERVAL": "10000",
    }


@pytest.mark.parametrize("service", SERVICES)
def test_the_services_understand_them(helm: Helm, service: str) -> None:
    assert switched(helm.template(sending()), service) == Otel(traces=True, metrics=True, sampling=Sampling(0.01))


@pytest.mark.parametrize("service", SERVICES)
def test_a_pod_says_who_it_is_by_the_conventions_for_kubernetes(helm: Helm, service: str) -> None:
    values = sending(OTEL_RESOURCE_ATTRIBUTES="team=orders,service.version=mine") | {service: {"image": {"tag": 7}}}
    found = entries(helm.template(values), service)
    fields = {each["name"]: each["valueFrom"]["fieldRef"]["fieldPath"] for each in found if "valueFrom" in each}
    assert fields.items() >= FIELDS.items()
    order = [each["name"] for each in found]
    assert max(map(order.index, FIELDS)) < order.index("OTEL_RESOURCE_ATTRIBUTES"), "$(NAME) looks back only"
    text = variables(helm.template(values), service)["OTEL_RESOURCE_ATTRIBUTES"]
    assert {pair.split("=")[0] for pair in text.split(",")} - {"team"} <= CONVENTIONS
    assert [pair.split("=") for pair in text.split(",")] == [
        ["k8s.namespace.name", "$(K8S_NAMESPACE_NAME)"],
        ["k8s.node.name", "$(K8S_NODE_NAME)"],
        ["k8s.pod.name", "$(K8S_POD_NAME)"],
        ["k8s.pod.uid", "$(K8S_POD_UID)"],
        ["k8s.container.name", service],
        ["k8s.deployment.name", f"demo-{service}"],
        ["service.namespace", "$(K8S_NAMESPACE_NAME)"],
        ["service.instance.id", f"$(K8S_NAMESPACE_NAME).$(K8S_POD_NAME).{service}"],
        ["service.version", "7"],
        ["team", "orders"],
        ["service.version", "mine"],  # the later one is stronger
    ]


def test_the_samplers_are_those_that_the_services_know() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    properties = schema["properties"]["telemetry"]["properties"]["variables"]["properties"]
    known = {*SAMPLERS, *(f"parentbased_{name}" for name in SAMPLERS)}
    assert set(properties[SAMPLER]["enum"]) == known | {None}
    assert PROTOCOLS[0] in properties


def test_an_extra_variable_is_stronger(helm: Helm) -> None:
    extra = {
        "publisher": {"extraEnv": [{"name": "OTEL_SERVICE_NAME", "value": "orders"}, {"name": SAMPLER, "value": "x"}]}
    }
    found = variables(helm.template(sending() | extra), "publisher")
    assert (found["OTEL_SERVICE_NAME"], found[SAMPLER]) == ("orders", "x")
    assert "OTEL_SERVICE_NAME" not in variables(helm.template(sending() | extra), "subscriber")


@pytest.mark.parametrize("service", SERVICES)
def test_jaeger_is_where_telemetry_goes_unless_somebody_is_named(helm: Helm, service: str) -> None:
    rendered = helm.template(JAEGER)
    assert variables(rendered, service)[COLLECTOR] == "http://demo-jaeger:4318"
    assert switched(rendered, service).traces
    assert not switched(rendered, service).metrics, "Jaeger takes none"
    assert variables(helm.template(JAEGER | sending()), service)[COLLECTOR] == "http://collector:4318"
    ports = {each["port"] for each in rendered.of("Service", "demo-jaeger")["spec"]["ports"]}
    assert ports == {4318, 16686}


def test_a_collector_of_traces_alone_is_no_jaeger(helm: Helm) -> None:
    values = {
        "telemetry": {
            "enabled": True,
            "variables": {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://tempo:4318/v1/traces"},
        }
    }
    rendered = helm.template(values)
    assert COLLECTOR not in variables(rendered, "publisher")
    assert switched(rendered, "publisher") == Otel(traces=True, sampling=Sampling(0.01))
    assert not [one for one in rendered.documents if one["metadata"]["name"] == "demo-jaeger"]


def test_jaegers_configuration_keeps_as_many_traces_as_it_is_told(helm: Helm) -> None:
    rendered = helm.template(JAEGER | {"jaeger": {"enabled": True, "maxTraces": 7}})
    told = yaml.safe_load(data(rendered.of("ConfigMap", "demo-jaeger"))["jaeger.yaml"])
    backends = told["extensions"]["jaeger_storage"]["backends"]
    assert backends == {told["exporters"]["jaeger_storage_exporter"]["trace_storage"]: {"memory": {"max_traces": 7}}}
    parts = {**told["receivers"], **told["processors"], **told["exporters"], **told["extensions"]}
    (pipeline,) = told["service"]["pipelines"].values()
    used = {*told["service"]["extensions"], *(part for parts_of in pipeline.values() for part in parts_of)}
    assert used == set(parts)


@pytest.mark.parametrize(
    ("values", "rules"),
    [
        (sending(), [{"ports": [{"port": 4318}]}]),
        (sending(**{COLLECTOR: "https://collector.example.org/otlp"}), [{"ports": [{"port": 443}]}]),
        (sending(**{COLLECTOR: "http://collector.example.org"}), [{"ports": [{"port": 80}]}]),
        (
            sending() | {"networkPolicy": {"telemetryTo": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}},
            [{"ports": [{"port": 4318}], "to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}],
        ),
        (
            JAEGER,
            [
                {
                    "ports": [{"port": 4318}],
                    "to": [
                        {
                            "podSelector": {
                                "matchLabels": {
                                    "app.kubernetes.io/name": "messaging-patterns",
                                    "app.kubernetes.io/instance": "demo",
                                    "app.kubernetes.io/component": "jaeger",
                                }
                            }
                        }
                    ],
                }
            ],
        ),
    ],
)
def test_the_services_may_reach_whom_they_send_to(helm: Helm, values: dict[str, Any], rules: list[Document]) -> None:
    policy = {"networkPolicy": {"enabled": True, **values.get("networkPolicy", {})}}

    def egress(given: dict[str, Any]) -> list[Document]:
        return list(helm.template(given).of("NetworkPolicy", "demo-services")["spec"]["egress"])

    assert egress(values | policy) == egress({"networkPolicy": {"enabled": True}}) + rules


def test_jaeger_is_reached_by_the_services_and_by_those_who_may_look(helm: Helm) -> None:
    guest = {"namespaceSelector": {"matchLabels": {"team": "ours"}}}
    rendered = helm.template(JAEGER | {"networkPolicy": {"enabled": True, "jaegerFrom": [guest]}})
    policy = rendered.of("NetworkPolicy", "demo-jaeger")["spec"]
    services, guests = policy["ingress"]
    assert services["ports"] == [{"port": "otlp-http"}]
    assert guests == {"ports": [{"port": "otlp-http"}, {"port": "query"}], "from": [guest]}
    assert policy["egress"] == []


def test_the_notes_say_how_to_look_at_the_traces(helm: Helm) -> None:
    if helm.major < 4:
        pytest.skip("Helm 3 shows NOTES only to who has a cluster, or was linked with a Kubernetes version")
    printed = helm.run("install", "demo", str(CHART), "--dry-run=client", values=yaml.safe_dump(JAEGER))
    assert "kubectl port-forward --namespace default service/demo-jaeger 16686" in printed


@pytest.mark.parametrize("path", ["docs/telemetry.md", "docs/operations.md"])
def test_values_in_the_documents_can_be_used(helm: Helm, path: str) -> None:
    examples = [yaml.safe_load(block) for block in blocks(path, "yaml")]
    assert examples
    for values in examples:
        helm.template(values)
