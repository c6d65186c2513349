"""What others' checks say of the rendered chart and of the Dockerfiles.

The checkers come from requirements/chart.txt and stand in an environment of their own, .tools/chart, which
`make test` makes where there is a Helm to render with.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.chart.helm import CI, EXAMPLES, Helm
from tests.house.tree import ROOT, files

TOOLS = ROOT / ".tools/chart/bin"
DOCKERFILES = [path for path in files("services", "lab") if path.endswith("Dockerfile")]
KUBERNETES = "1.34"


def check(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a checker; skip the test where it is not installed."""
    if not (TOOLS / name).exists():
        pytest.skip(f"no {name}: `make test` installs it where there is a helm")
    return subprocess.run([TOOLS / name, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def manifests(helm: Helm, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Render everything that can be chosen into a folder."""
    folder = tmp_path_factory.mktemp("manifests")
    for values in (*CI, *EXAMPLES):
        text = helm.template(values).text
        (folder / f"{values.parent.name}-{values.name}").write_text(text, encoding="utf-8")
    return folder


def test_every_manifest_is_valid_for_kubernetes(manifests: Path) -> None:
    run = check("kubernetes-validate", "-k", KUBERNETES, "--strict", "--no-warn", *sorted(manifests.iterdir()))
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.count("passed for resource") > 10 * len(CI)


def test_a_manifest_with_an_unknown_field_would_not_be(manifests: Path, tmp_path: Path) -> None:
    text = (manifests / "ci-default-values.yaml").read_text(encoding="utf-8")
    (tmp_path / "wrong.yaml").write_text(text.replace("terminationGracePeriodSeconds", "gracePeriod"), encoding="utf-8")
    assert check("kubernetes-validate", "-k", KUBERNETES, "--strict", tmp_path / "wrong.yaml").returncode != 0


def checkov(framework: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Let checkov look through a folder; what it shall not look for stands, with reasons, in its configuration."""
    configuration = ROOT / "charts/.checkov.yaml"
    return check("checkov", "--config-file", configuration, "--framework", framework, "--directory", folder)


@pytest.mark.timeout(240)
def test_checkov_finds_nothing_in_the_chart(manifests: Path) -> None:
    run = checkov("kubernetes", manifests)
    assert run.returncode == 0, run.stdout
    assert "Failed checks: 0, Skipped checks: 0" in run.stdout


def test_checkov_would_find_something(manifests: Path, tmp_path: Path) -> None:
    text = (manifests / "ci-default-values.yaml").read_text(encoding="utf-8")
    worse = text.replace("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true")
    (tmp_path / "worse.yaml").write_text(worse, encoding="utf-8")
    run = checkov("kubernetes", tmp_path)
    assert run.returncode != 0
    assert "CKV_K8S_20" in run.stdout


def test_checkov_finds_nothing_in_the_dockerfiles(tmp_path: Path) -> None:
    for path in DOCKERFILES:
        (tmp_path / path).parent.mkdir(parents=True)
        shutil.copy(ROOT / path, tmp_path / path)
    run = checkov("dockerfile", tmp_path)
    assert run.returncode == 0, run.stdout
    assert "Failed checks: 0" in run.stdout


@pytest.mark.parametrize("path", DOCKERFILES)
def test_hadolint_finds_nothing(path: str) -> None:
    run = check("hadolint", path)
    assert run.returncode == 0, run.stdout
