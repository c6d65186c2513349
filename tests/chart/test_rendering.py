"""What every rendering of the chart has in common."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.chart.helm import CHART, CI, EXAMPLES, OFFLINE, Document, Helm, Rendered, container
from tests.house.tree import files

VALUES = [*CI, *EXAMPLES]
_NAMES = {path: f"{path.parent.name}-{path.stem.removesuffix('-values')}" for path in VALUES}
every_values_file = pytest.mark.parametrize("values", VALUES, ids=_NAMES.get)
_GENERATED = re.compile(r"^  [\w.-]+(-password|\.crt|\.key): .*$", re.MULTILINE)


@every_values_file
def test_it_is_clean_to_lint(helm: Helm, values: Path) -> None:
    helm.run("lint", "--strict", str(CHART), *OFFLINE, values=values)


@every_values_file
def test_rendered_again_it_is_the_same_but_for_what_is_generated(helm: Helm, values: Path) -> None:
    first, second = helm.template(values).text, helm.run("template", "demo", str(CHART), *OFFLINE, values=values)
    assert _GENERATED.sub("", first) == _GENERATED.sub("", second)
    generated = "kind: Secret\n" in first
    assert (first == second) is not generated


def test_it_renders_from_what_git_holds_alone(helm: Helm, tmp_path: Path) -> None:
    for path in files("charts"):
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHART.parents[1] / path, target)
    command = [str(helm.path), "template", "demo", "charts/messaging-patterns", *OFFLINE]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, env={"HOME": str(tmp_path)})


@every_values_file
def test_no_name_stands_twice_among_a_containers_variables(helm: Helm, values: Path) -> None:
    for workload, template in helm.template(values).pods():
        names = [entry["name"] for entry in container(template).get("env", [])]
        assert len(names) == len(set(names)), workload


@every_values_file
def test_every_pod_is_as_restricted_as_can_be(helm: Helm, values: Path) -> None:
    for workload, template in helm.template(values).pods():
        spec, box = template["spec"], container(template)
        assert spec["automountServiceAccountToken"] is False, workload
        assert spec["enableServiceLinks"] is False, workload
        assert spec["securityContext"]["runAsNonRoot"] is True, workload
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, workload
        assert box["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


@every_values_file
def test_what_is_mounted_is_there(helm: Helm, values: Path) -> None:
    rendered = helm.template(values)
    for workload, template in rendered.pods():
        claims = [each["metadata"]["name"] for each in _claims(rendered, workload)]
        volumes = {volume["name"] for volume in template["spec"].get("volumes", [])} | set(claims)
        assert volumes == {mount["name"] for mount in container(template).get("volumeMounts", [])}, workload
        made = {f"{kind}/{one['metadata']['name']}" for kind in ("ConfigMap", "Secret") for one in rendered.all(kind)}
        missing = {name for name in _needed(template) if name not in made}
        assert all(name.split("/")[1] in values.read_text(encoding="utf-8") for name in missing), missing


def _claims(rendered: Rendered, workload: str) -> list[Document]:
    kind, name = workload.split("/")
    return list(rendered.of(kind, name)["spec"].get("volumeClaimTemplates", []))


def _needed(template: Document) -> set[str]:
    volumes = template["spec"].get("volumes", [])
    sources = [source["configMapRef"]["name"] for source in container(template).get("envFrom", [])]
    return (
        {f"Secret/{volume['secret']['secretName']}" for volume in volumes if "secret" in volume}
        | {f"ConfigMap/{volume['configMap']['name']}" for volume in volumes if "configMap" in volume}
        | {f"ConfigMap/{name}" for name in sources}
    )
