"""The live page: a pod that looks at the others, and may do only what it was told to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.cli.commands import app
from lab.cli.page import Options
from tests.chart.helm import CHART, Document, Helm, Refused, Rendered, container, data
from tests.docs.pages import blocks

ALL = CHART / "ci/page-values.yaml"
PAGE = {
    "app.kubernetes.io/name": "messaging-patterns",
    "app.kubernetes.io/instance": "demo",
    "app.kubernetes.io/component": "page",
}


def page(**values: object) -> dict[str, Any]:
    """Return values that switch it on."""
    return {"page": {"enabled": True, **values}}


def pod(rendered: Rendered) -> Document:
    """Return its pod template."""
    return dict(rendered.pods())["Deployment/demo-page"]


def arguments(rendered: Rendered) -> list[str]:
    """Return its command line."""
    return list(container(pod(rendered))["args"])


def test_by_default_there_is_none(helm: Helm) -> None:
    rendered = helm.template()
    assert not [one for one in rendered.documents if "page" in one["metadata"]["name"]]
    assert not rendered.all("Role")
    assert not rendered.all("RoleBinding")


def test_unless_told_otherwise_it_only_looks(helm: Helm) -> None:
    assert arguments(helm.template(page())) == [
        "page",
        "--namespace=default",
        "--release=demo",
        "--host=0.0.0.0",
        "--port=8090",
        "--runs=/var/lib/lab/runs",
    ]


def test_it_is_told_what_the_values_say(helm: Helm) -> None:
    assert arguments(helm.template(ALL, options=["--namespace", "there"])) == [
        "page",
        "--namespace=there",
        "--release=demo",
        "--host=0.0.0.0",
        "--port=8090",
        "--runs=/var/lib/lab/runs",
        "--allow-host=page.example.org",
        "--allow-host=messages.example.org",
        "--allow-writes",
        "--trace-url=http://localhost:16686",
        "--lab-namespace=lab",
    ]


def test_it_listens_where_the_services_do(helm: Helm) -> None:
    assert "--host=::" in arguments(helm.template(page() | {"settings": {"PROBE_HOST": "::"}}))


@pytest.mark.parametrize(("writes", "user"), [(False, "page"), (True, "page-writer")])
def test_the_bundled_server_knows_it_by_what_it_may(helm: Helm, writes: bool, user: str) -> None:  # noqa: FBT001
    rendered = helm.template(page(writes=writes))
    assert data(rendered.of("ConfigMap", "demo-page"))["REDIS_USERNAME"] == user
    (secrets,) = (one["secret"] for one in pod(rendered)["spec"]["volumes"] if one["name"] == "secrets")
    assert secrets["items"] == [{"key": f"{user}-password", "path": "redis-password"}]


def test_a_server_of_ones_own_has_one_user_for_it(helm: Helm) -> None:
    server = {"host": "redis.example.org", "existingSecret": "mine", "tls": {"enabled": True, "existingSecret": "tls"}}
    rendered = helm.template(page(writes=True) | {"redis": {"enabled": False}, "externalRedis": server})
    assert data(rendered.of("ConfigMap", "demo-page"))["REDIS_USERNAME"] == "page"
    secrets = {one["name"]: one["secret"] for one in pod(rendered)["spec"]["volumes"] if "secret" in one}
    assert {name: one["secretName"] for name, one in secrets.items()} == {"secrets": "mine", "tls": "tls"}
    assert secrets["secrets"]["items"] == [{"key": "page-password", "path": "redis-password"}]


def test_a_server_without_a_password_is_asked_for_none(helm: Helm) -> None:
    rendered = helm.template(page() | {"redis": {"enabled": False}, "externalRedis": {"host": "redis.example.org"}})
    assert "REDIS_USERNAME" not in data(rendered.of("ConfigMap", "demo-page"))
    assert not [one for one in pod(rendered)["spec"]["volumes"] if "secret" in one]


def test_it_reads_the_settings_that_the_services_read(helm: Helm) -> None:
    sources = [each["configMapRef"]["name"] for each in container(pod(helm.template(page())))["envFrom"]]
    assert sources == ["demo-settings", "demo-page"]


def test_it_can_write_where_its_reports_and_caches_go(helm: Helm) -> None:
    rendered = helm.template(page())
    template = pod(rendered)
    empty = {one["name"] for one in template["spec"]["volumes"] if one.get("emptyDir", {}).get("sizeLimit")}
    writable = {mount["mountPath"] for mount in container(template)["volumeMounts"] if mount["name"] in empty}
    assert writable == {"/tmp", "/var/lib/lab"}  # noqa: S108 - the pod's own
    told = data(rendered.of("ConfigMap", "demo-page"))
    for path in (told["MPLCONFIGDIR"], told["NICEGUI_STORAGE_PATH"], "/var/lib/lab/runs"):
        assert any(Path(path).is_relative_to(folder) for folder in writable), path


def test_one_pod_has_all_the_browsers(helm: Helm) -> None:
    rendered = helm.template(ALL)
    deployment, service = rendered.of("Deployment", "demo-page")["spec"], rendered.of("Service", "demo-page")["spec"]
    assert (deployment["replicas"], deployment["strategy"]) == (1, {"type": "Recreate"})
    assert service["selector"] == deployment["selector"]["matchLabels"] == PAGE
    assert "type" not in service, "ClusterIP"
    assert PAGE.items() <= deployment["template"]["metadata"]["labels"].items()


def test_its_port_is_the_services_too(helm: Helm) -> None:
    rendered = helm.template(page(port=9000))
    (port,) = rendered.of("Service", "demo-page")["spec"]["ports"]
    assert (port["port"], port["targetPort"]) == (9000, "http")
    assert container(pod(rendered))["ports"] == [{"name": "http", "containerPort": 9000}]
    assert "--port=9000" in arguments(rendered)


def test_the_kubelet_asks_it_by_a_name_that_it_answers_to(helm: Helm) -> None:
    box = container(pod(helm.template(page())))
    asked = [box[probe]["httpGet"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")]
    header = {"name": "Host", "value": "localhost"}
    assert asked == [{"path": "/livez", "port": "http", "httpHeaders": [header]}] * 3


def test_a_scenario_has_time_to_clean_up(helm: Helm) -> None:
    seconds = [pod(helm.template(values))["spec"]["terminationGracePeriodSeconds"] for values in (page(), ALL)]
    assert seconds == [10, 60]


def test_a_release_that_begins_with_a_digit_is_refused_where_it_names_the_pages_service(helm: Helm) -> None:
    outside = {"redis": {"enabled": False}, "externalRedis": {"host": "a"}}
    with pytest.raises(Refused, match="name the release otherwise, or set page"):
        helm.template(page() | outside, release="1st")
    helm.template(outside, release="1st")


def test_the_notes_say_how_to_open_it(helm: Helm) -> None:
    if helm.major < 4:
        pytest.skip("Helm 3 shows NOTES only to who has a cluster, or was linked with a Kubernetes version")
    printed = helm.run("install", "demo", str(CHART), "--dry-run=client", values=yaml.safe_dump(page(port=9000)))
    assert "http://localhost:9000" in printed
    assert "kubectl port-forward --namespace default service/demo-page 9000" in printed


def test_the_readmes_ingress_leads_to_it(helm: Helm) -> None:
    examples = [yaml.safe_load(block) for block in blocks("charts/messaging-patterns/README.md", "yaml")]
    (ours,) = (one for one in examples if "page" in one)
    (ingress,) = (one for one in examples if one.get("kind") == "Ingress")
    rendered = helm.template(ours)
    (rule,) = ingress["spec"]["rules"]
    assert f"--allow-host={rule['host']}" in arguments(rendered)
    backend = rule["http"]["paths"][0]["backend"]["service"]
    (port,) = rendered.of("Service", backend["name"])["spec"]["ports"]
    assert port["name"] == backend["port"]["name"]


def test_the_command_takes_them(helm: Helm) -> None:
    _, bound, _ = app.parse_args(arguments(helm.template(ALL)), exit_on_error=False)
    assert bound.arguments["options"] == Options(
        namespace="default",
        release="demo",
        host="0.0.0.0",  # noqa: S104 - in a pod
        allow_host=("page.example.org", "messages.example.org"),
        allow_writes=True,
        trace_url="http://localhost:16686",
        lab_namespace="lab",
        runs=Path("/var/lib/lab/runs"),
    )
