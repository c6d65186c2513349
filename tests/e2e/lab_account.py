"""The lab's own account and namespace, from the files that a user applies."""

from __future__ import annotations

import json
import os
import secrets
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from tests.e2e.kube import Kube, Manifest, run, until
from tests.house.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FOLDER = ROOT / "lab/kubernetes"
_LAB = "lab"


@dataclass(frozen=True)
class LabAccount:
    """An account with the lab's rights, and no other.

    Attributes:
        kube: its namespace, as somebody with every right sees it.
        kubeconfig: the file with which one is this account.
    """

    kube: Kube
    kubeconfig: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a command needs to act as this account."""
        return {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "KUBECONFIG": str(self.kubeconfig)}

    def command(self, *words: str) -> list[str]:
        """Return a command of the lab, with its namespace."""
        where = ("--target", "kubernetes", "--lab-namespace", self.kube.namespace)
        return [sys.executable, "-m", "lab", *words, *where]

    def lab(self, *words: str) -> str:
        """Run a command of the lab; return what it printed; raises CommandError."""
        return run(*self.command(*words), environment=self.environment)

    def left(self) -> list[str]:
        """Return what is there of any run."""
        return self.kube(
            "get",
            "pods,deployments,jobs,services,configmaps,secrets",
            "--output",
            "name",
            "--selector",
            "messaging-patterns.lab/run",
        ).split()

    def wait_clean(self) -> None:
        """Wait until the cluster has removed what belonged to what is gone."""
        until(lambda: not self.left(), "an empty namespace")


@contextmanager
def lab_account(release: Kube, folder: Path) -> Iterator[LabAccount]:
    """Apply the files under another namespace's name; it may look at a release's, and is removed in the end."""
    kube = Kube(f"{_LAB}-{secrets.token_hex(3)}")
    run("kubectl", "apply", "--filename", "-", given=_manifests("lab.yaml", kube.namespace))
    try:
        release("apply", "--filename", "-", given=_manifests("release-reader.yaml", kube.namespace))
        token = kube("create", "token", _LAB, "--duration", "2h").strip()
        file = folder / f"{kube.namespace}.kubeconfig"
        file.write_text(json.dumps(_config(token, release.namespace)))
        file.chmod(0o600)
        yield LabAccount(kube, file)
    finally:
        kube.remove()


def _manifests(name: str, namespace: str) -> str:
    items = [_elsewhere(one, namespace) for one in yaml.safe_load_all((_FOLDER / name).read_text())]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})


def _elsewhere(one: Manifest, namespace: str) -> Manifest:
    meta: dict[str, Any] = one["metadata"]
    if one["kind"] == "Namespace":
        meta["name"] = namespace
    elif "namespace" in meta:
        meta["namespace"] = namespace
    for subject in one.get("subjects", []):
        subject["namespace"] = namespace
    return one


def _config(token: str, namespace: str) -> Manifest:
    said: Manifest = json.loads(run("kubectl", "config", "view", "--raw", "--minify", "--output", "json"))
    (cluster,) = said["clusters"]
    context = {"cluster": cluster["name"], "user": _LAB, "namespace": namespace}
    ours = {"users": [{"name": _LAB, "user": {"token": token}}], "contexts": [{"name": _LAB, "context": context}]}
    return said | ours | {"current-context": _LAB}
