"""What the live page may do in the cluster: what the values say, and what the lab says that it needs."""

from __future__ import annotations

from typing import Any

import pytest

from lab.targets.kubernetes.rights import IN_LAB, IN_RELEASE, Right
from tests.chart.helm import Document, Helm, container
from tests.chart.test_page import ALL, page, pod

LOOKING = {Right("", "pods", ("list",)), Right("apps", "deployments", ("list",))}
SCALING = Right("apps", "deployments/scale", ("get", "patch"))


def rights(role: Document) -> set[Right]:
    """Return what a Role grants."""
    return {
        Right(group, resource, tuple(rule["verbs"]))
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }


def test_it_may_look_and_nothing_else(helm: Helm) -> None:
    assert rights(helm.template(page()).of("Role")) == LOOKING


@pytest.mark.parametrize(
    ("subscriber", "more"),
    [({}, {SCALING}), ({"keda": {"enabled": True}}, set()), ({"autoscaling": {"enabled": True}}, set())],
)
def test_with_writes_it_may_scale_the_subscriber_alone_and_only_where_nobody_else_does(
    helm: Helm, subscriber: dict[str, Any], more: set[Right]
) -> None:
    values = page(writes=True) | {"settings": {"PATTERN": "queue"}, "subscriber": subscriber}
    role = helm.template(values).of("Role")
    assert rights(role) == LOOKING | more
    named = [rule["resourceNames"] for rule in role["rules"] if "deployments/scale" in rule["resources"]]
    assert named == [["demo-subscriber"]] * len(more)


def test_with_scenarios_it_has_the_labs_rights_and_no_more(helm: Helm) -> None:
    rendered = helm.template(ALL)
    assert rights(rendered.of("Role", "demo-page")) == LOOKING | {SCALING} | set(IN_RELEASE)
    there = rendered.of("Role", "demo-page.default")
    assert there["metadata"]["namespace"] == "lab"
    assert rights(there) == set(IN_LAB)
    assert not [rule for rule in there["rules"] if "resourceNames" in rule]


def test_its_account_is_its_own_and_holds_its_roles(helm: Helm) -> None:
    rendered = helm.template(ALL, options=["--namespace", "there"])
    assert pod(rendered)["spec"]["serviceAccountName"] == "demo-page"
    assert rendered.of("ServiceAccount", "demo-page")["automountServiceAccountToken"] is False
    bound = {one["metadata"]["name"]: (one["roleRef"], one["subjects"]) for one in rendered.all("RoleBinding")}
    assert set(bound) == {"demo-page", "demo-page.there"}
    for name, (role, subjects) in bound.items():
        assert role == {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
        assert subjects == [{"kind": "ServiceAccount", "name": "demo-page", "namespace": "there"}]


def test_two_releases_of_one_name_have_two_roles_in_the_labs_namespace(helm: Helm) -> None:
    found = [
        {one["metadata"]["name"] for one in helm.template(ALL, options=["--namespace", where]).all("Role")}
        for where in ("one", "other")
    ]
    assert found[0] & found[1] == {"demo-page"}, "each in its own namespace"


def test_the_token_is_in_its_pod_and_in_no_other(helm: Helm) -> None:
    folder = "/var/run/secrets/kubernetes.io/serviceaccount"
    holders = {
        workload
        for workload, template in helm.template(ALL).pods()
        for mount in container(template).get("volumeMounts", [])
        if mount["mountPath"] == folder
    }
    assert holders == {"Deployment/demo-page"}
    (volume,) = (one for one in pod(helm.template(ALL))["spec"]["volumes"] if one["name"] == "token")
    paths = {
        item["path"]
        for source in volume["projected"]["sources"]
        for kind in source.values()
        for item in kind.get("items", [kind])
    }
    assert paths == {"token", "ca.crt", "namespace"}, "what a program looks for in a pod"
