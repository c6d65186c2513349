"""Passwords stand in Secrets and in files, and nowhere else."""

from __future__ import annotations

import base64

import pytest

from tests.chart.helm import CHART, Helm, container, data

USERS = ["publisher", "subscriber", "test", "lab", "autoscaler", "page", "page-writer", "operator"]


def test_no_password_stands_outside_the_secret(helm: Helm) -> None:
    rendered = helm.template({"redis": {"tls": {"enabled": True}}})
    passwords = [value for secret in rendered.all("Secret") for value in data(secret).values()]
    plain = [base64.b64decode(value).decode() for value in passwords]
    others = [str(one) for one in rendered.documents if one["kind"] != "Secret"]
    assert len(plain) == len(USERS) + 3
    assert not [each for each in (*passwords, *plain) if any(each in other for other in others)]


def test_notes_tell_no_password(helm: Helm) -> None:
    if helm.major < 4:
        pytest.skip("Helm 3 shows NOTES only to who has a cluster, or was linked with a Kubernetes version")
    printed = helm.run("install", "demo", str(CHART), "--dry-run=client")
    notes = printed.partition("\nNOTES:\n")[2]
    assert "kubectl scale" in notes
    passwords = [line.split(": ")[1] for line in printed.splitlines() if "-password: " in line]
    assert len(passwords) == len(USERS)
    assert not [each for each in passwords if each in notes or base64.b64decode(each).decode() in notes]


@pytest.mark.parametrize("service", ["publisher", "subscriber"])
def test_a_service_is_given_its_own_password_alone_as_a_file(helm: Helm, service: str) -> None:
    template = dict(helm.template().pods())[f"Deployment/demo-{service}"]
    (volume,) = template["spec"]["volumes"]
    assert volume["secret"]["items"] == [{"key": f"{service}-password", "path": "redis-password"}]
    (mount,) = container(template)["volumeMounts"]
    assert mount == {"name": "secrets", "mountPath": "/run/secrets/messaging", "readOnly": True}


def test_each_user_has_a_password_of_its_own(helm: Helm) -> None:
    passwords = data(helm.template().of("Secret"))
    assert sorted(passwords) == sorted(f"{user}-password" for user in USERS)
    assert len(set(passwords.values())) == len(USERS)


def test_a_given_secret_is_used_and_none_is_made(helm: Helm) -> None:
    rendered = helm.template({"redis": {"auth": {"existingSecret": "mine"}}})
    assert rendered.all("Secret") == []
    for workload, template in rendered.pods():
        names = [volume["secret"]["secretName"] for volume in template["spec"]["volumes"] if "secret" in volume]
        assert names == ["mine"], workload


def test_a_server_of_ones_own_without_a_password_is_asked_for_none(helm: Helm) -> None:
    rendered = helm.template({"redis": {"enabled": False}, "externalRedis": {"host": "redis.example.org"}})
    for workload, template in rendered.pods():
        assert "volumes" not in template["spec"], workload
    assert "REDIS_USERNAME" not in data(rendered.of("ConfigMap", "demo-publisher"))
