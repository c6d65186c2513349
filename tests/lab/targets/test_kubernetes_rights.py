"""The Roles that a user applies grant what the lab asks for, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from lab.targets.kubernetes.rights import IN_LAB, IN_RELEASE, Right
from tests.house.tree import ROOT

FOLDER = ROOT / "lab/kubernetes"


def objects(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((FOLDER / name).read_text()))


@pytest.mark.parametrize(("name", "rights"), [("lab.yaml", IN_LAB), ("release-reader.yaml", IN_RELEASE)])
def test_a_role_says_what_the_code_asks_for(name: str, rights: tuple[Right, ...]) -> None:
    (role,) = (one for one in objects(name) if one["kind"] == "Role")
    granted = {
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
    assert granted == {(right.group, right.resource, verb) for right in rights for verb in right.verbs}


@pytest.mark.parametrize("name", ["lab.yaml", "release-reader.yaml"])
def test_only_the_labs_account_has_it_and_nothing_is_cluster_wide(name: str) -> None:
    made = objects(name)
    assert not {"ClusterRole", "ClusterRoleBinding"} & {one["kind"] for one in made}
    (binding,) = (one for one in made if one["kind"] == "RoleBinding")
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "lab", "namespace": "lab"}]


def test_in_the_release_the_lab_only_looks() -> None:
    assert {verb for right in IN_RELEASE for verb in right.verbs} <= {"get", "list"}
    assert "secrets" not in {right.resource for right in IN_RELEASE}
