"""Renders the chart, with whichever Helm is here, without a cluster and without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.house.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CHART = ROOT / "charts/messaging-patterns"
CI = sorted((CHART / "ci").glob("*-values.yaml"))
EXAMPLES = sorted((CHART / "examples").glob("*.yaml"))
OFFLINE = ("--kube-version", "1.34.0")
"""What a Helm that can ask no cluster is to assume."""
NO_HELM = "no helm: put one on PATH, or name it by HELM"
Document = dict[str, Any]


def helms() -> list[Path]:
    """Return every Helm that can be found: PATH's and HELM's, each version once."""
    places = [os.environ.get("HELM"), shutil.which("helm")]
    found = {version(Path(place)): Path(place) for place in places if place}
    return [found[each] for each in sorted(found, reverse=True)]


def version(helm: Path) -> str:
    """Return what it calls itself, as in v4.3.1."""
    run = subprocess.run([helm, "version", "--short"], capture_output=True, text=True, check=True)
    return run.stdout.partition("+")[0].strip()


class Refused(Exception):
    """What Helm said in place of rendering: the schema or the chart's own checks refused the values."""


@dataclass(frozen=True)
class Rendered:
    """What `helm template` printed."""

    text: str

    @cached_property
    def documents(self) -> list[Document]:
        """Every manifest."""
        return [document for document in yaml.safe_load_all(self.text) if document]

    def of(self, kind: str, name: str | None = None) -> Document:
        """Return the one manifest of this kind, and of this name where it is given."""
        found = [one for one in self.all(kind) if name is None or one["metadata"]["name"] == name]
        assert len(found) == 1, f"{len(found)} times {kind} {name or ''}"
        return found[0]

    def all(self, kind: str) -> list[Document]:
        """Return every manifest of this kind."""
        return [one for one in self.documents if one["kind"] == kind]

    def pods(self) -> Iterator[tuple[str, Document]]:
        """Yield (workload, pod template) of each workload."""
        for one in self.documents:
            template = one.get("spec", {}).get("template")
            if template:
                yield f"{one['kind']}/{one['metadata']['name']}", template


@dataclass(frozen=True)
class Helm:
    """One Helm, and what it makes of the chart."""

    path: Path

    @cached_property
    def major(self) -> int:
        """The first number of its version."""
        return int(version(self.path).lstrip("v").split(".")[0])

    def template(
        self,
        values: Mapping[str, Any] | Path | None = None,
        *,
        release: str = "demo",
        options: Sequence[str] = (),
    ) -> Rendered:
        """Render the chart.

        Args:
            values: as a dictionary or a file.
            release: the release's name.
            options: further words of the command line, such as --set.

        Raises:
            Refused: the values cannot be used.
        """
        given = values if values is None or isinstance(values, Path) else yaml.safe_dump(dict(values))
        return _rendered(self, release, tuple(options), given)

    def run(self, *words: str, values: str | Path | None = None) -> str:
        """Run any command, with values from a file or a text in YAML, and return what it prints; raises Refused."""
        given = values if isinstance(values, str) else None
        command = [str(self.path), *words, *(["--values", "-" if given else str(values)] if values else [])]
        environment = {**os.environ, "KUBECONFIG": os.devnull}
        run = subprocess.run(command, input=given, capture_output=True, text=True, check=False, env=environment)
        if run.returncode:
            raise Refused(run.stderr + run.stdout)
        return run.stdout


@cache
def _rendered(helm: Helm, release: str, options: tuple[str, ...], values: str | Path | None) -> Rendered:
    return Rendered(helm.run("template", release, str(CHART), *OFFLINE, *options, values=values))


def data(document: Document) -> dict[str, str]:
    """Return a ConfigMap's data."""
    return dict(document["data"])


def container(template: Document) -> Document:
    """Return a pod template's one container."""
    (only,) = template["spec"]["containers"]
    return dict(only)
