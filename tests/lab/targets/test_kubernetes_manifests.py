"""What a run makes of an installed release: copies in everything that decides how they behave, but for the server."""

from __future__ import annotations

from typing import Any

import pytest

from lab.targets.kubernetes.manifests import RUN, Manifests
from lab.targets.kubernetes.release import Release

RESOURCES = {"limits": {"memory": "192Mi"}}
PROBE = {"httpGet": {"path": "/livez", "port": 8080}}


def template(role: str) -> dict[str, Any]:
    """Return what `find_release` gives for a service."""
    box = {
        "name": role,
        "image": f"{role}:1",
        "resources": RESOURCES,
        "livenessProbe": PROBE,
        "env": [
            {"name": "CONSUMER", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "BATCH", "value": "7"},
            {"name": "LEASE", "value": "30"},
            {"name": "REDIS_HOST", "value": "production"},
            {"name": "REDIS_USERNAME", "value": "subscriber"},
            {"name": "REDIS_TIMEOUT", "value": "3"},
        ],
        "volumeMounts": [
            {"name": "secrets", "mountPath": "/run/secrets/messaging"},
            {"name": "model", "mountPath": "/model"},
        ],
    }
    spec = {
        "serviceAccountName": "demo",
        "terminationGracePeriodSeconds": 30,
        "nodeSelector": {"pool": "messaging"},
        "containers": [box],
        "volumes": [{"name": "secrets", "secret": {"secretName": "demo"}}, {"name": "model", "emptyDir": {}}],
    }
    return {"metadata": {"labels": {"app.kubernetes.io/name": "messaging-patterns", "team": "a"}}, "spec": spec}


@pytest.fixture
def manifests() -> Manifests:
    redis = {"spec": {"containers": [{"image": "valkey/valkey:9", "resources": RESOURCES}], "nodeSelector": {"a": "b"}}}
    services = {"publisher": template("publisher"), "subscriber": template("subscriber")}
    release = Release("demo", "chart-1", services, redis)  # type: ignore[arg-type] # its keys are the roles
    made = Manifests("lab-1", release, limit=600, secret=False)
    made.owner = {"metadata": {"name": "lab-1-ledger", "uid": "u"}}
    return made


def variables(spec: dict[str, Any]) -> dict[str, Any]:
    return {one["name"]: one.get("value") for one in spec["containers"][0]["env"]}


def test_a_subscriber_is_as_installed_but_for_the_runs_settings(manifests: Manifests) -> None:
    made = manifests.deployment("subscriber", {"LEASE": "1", "REDIS_HOST": "lab-1-redis.lab"}, 3)
    pod, spec = made["spec"]["template"], made["spec"]["template"]["spec"]
    box = spec["containers"][0]
    assert (made["spec"]["replicas"], box["image"], box["resources"]) == (3, "subscriber:1", RESOURCES)
    assert (box["livenessProbe"], spec["nodeSelector"]) == (PROBE, {"pool": "messaging"})
    assert variables(spec) == {
        "CONSUMER": None,
        "BATCH": "7",
        "LEASE": "1",
        "REDIS_HOST": "lab-1-redis.lab",
        "REDIS_TIMEOUT": "3",
    }
    assert pod["metadata"]["labels"].items() >= made["spec"]["selector"]["matchLabels"].items()
    assert pod["metadata"]["labels"]["team"] == "a"


def test_no_secret_and_no_account_of_the_release_is_asked_for(manifests: Manifests) -> None:
    spec = manifests.deployment("subscriber", {}, 1)["spec"]["template"]["spec"]
    assert [volume["name"] for volume in spec["volumes"]] == ["model"]
    assert [mount["name"] for mount in spec["containers"][0]["volumeMounts"]] == ["model"]
    assert "serviceAccountName" not in spec
    assert spec["automountServiceAccountToken"] is False


def test_a_publisher_ends_by_itself_and_reads_what_it_is_given(manifests: Manifests) -> None:
    spec = manifests.job("publisher-1", {"PUBLISH_COUNT": "3"}, bodies=True)["spec"]
    pod = spec["template"]["spec"]
    assert (spec["backoffLimit"], pod["restartPolicy"]) == (0, "Never")
    assert "livenessProbe" not in pod["containers"][0]
    mount = pod["containers"][0]["volumeMounts"][-1]
    assert variables(pod)["PUBLISH_INPUT"].startswith(mount["mountPath"])
    assert pod["volumes"][-1]["configMap"]["name"] == manifests.bodies("publisher-1", "x")["metadata"]["name"]


def test_everything_belongs_to_the_ledgers_job_which_ends_in_any_case(manifests: Manifests) -> None:
    ledger = manifests.ledger()
    assert ledger["spec"].items() >= {"activeDeadlineSeconds": 600, "ttlSecondsAfterFinished": 0}.items()
    others = [
        manifests.deployment("subscriber", {}, 1),
        manifests.job("publisher-1", {}, bodies=False),
        manifests.bodies("publisher-1", "x"),
        manifests.secret({"REDIS_PASSWORD": "x"}),
        manifests.redis({}),
        manifests.service("redis"),
    ]
    for made in others:
        assert made["metadata"]["labels"][RUN] == "lab-1"
        (owner,) = made["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["name"], owner["uid"]) == ("Job", "lab-1-ledger", "u")


def test_the_server_is_the_releases_set_up_as_the_scenario_says(manifests: Manifests) -> None:
    spec = manifests.redis({"appendonly": "yes", "appendfsync": "always"})["spec"]
    box = spec["containers"][0]
    assert (box["image"], box["resources"], spec["nodeSelector"]) == ("valkey/valkey:9", RESOURCES, {"a": "b"})
    words = box["command"]
    assert words[words.index("--appendfsync") + 1] == "always"


@pytest.mark.parametrize("role", ["ledger", "redis"])
def test_the_servers_keep_to_the_restricted_standard(manifests: Manifests, role: str) -> None:
    made = manifests.ledger()["spec"]["template"] if role == "ledger" else manifests.redis({})
    spec = made["spec"]
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["containers"][0]["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_passwords_of_a_users_server_come_as_files() -> None:
    redis = {"spec": {"containers": [{"image": "redis:8"}]}}
    services = {"publisher": template("publisher"), "subscriber": template("subscriber")}
    release = Release("demo", "chart-1", services, redis)  # type: ignore[arg-type] # its keys are the roles
    made = Manifests("lab-1", release, limit=600, secret=True)
    made.owner = {"metadata": {"name": "lab-1-ledger", "uid": "u"}}
    spec = made.deployment("subscriber", {}, 1)["spec"]["template"]["spec"]
    assert spec["volumes"][-1]["secret"]["secretName"] == made.secret({})["metadata"]["name"]
    assert spec["containers"][0]["volumeMounts"][-1]["mountPath"] == "/run/secrets/messaging"
