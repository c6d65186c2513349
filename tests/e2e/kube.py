"""One namespace of a cluster, by kubectl."""

from __future__ import annotations

import asyncio
import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.eventually import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

Manifest = dict[str, Any]
RESTRICTED = "pod-security.kubernetes.io/enforce=restricted"


class CommandError(AssertionError):
    """A command failed; the text is all that it said."""


def run(*command: str, given: str | None = None, environment: Mapping[str, str] | None = None) -> str:
    """Run a command and return what it printed; raises CommandError."""
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        raise CommandError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def until(condition: Callable[[], object], what: str, *, seconds: float = 60) -> Any:  # noqa: ANN401 - what it gave
    """Ask until the answer is truthy, and return it; a command that fails meanwhile means "not yet"."""
    wait = eventually(condition, timeout=seconds, every=0.25, what=what, ignoring=CommandError)
    return asyncio.run(wait)


def has_cluster() -> bool:
    """Tell whether KUBECONFIG's cluster answers."""
    try:
        return bool(run("kubectl", "version", "--output", "json", "--request-timeout", "10s"))
    except (CommandError, FileNotFoundError):
        return False


@dataclass(frozen=True)
class Kube:
    """A namespace of our own."""

    namespace: str

    def create(self) -> None:
        """Make it; it admits only pods that keep to the restricted standard."""
        run("kubectl", "create", "namespace", self.namespace)
        run("kubectl", "label", "namespace", self.namespace, RESTRICTED)

    def remove(self) -> None:
        """Remove it and everything in it."""
        run("kubectl", "delete", "namespace", self.namespace, "--wait=false")

    def __call__(self, *words: str, given: str | None = None) -> str:
        """Run kubectl in it."""
        return run("kubectl", "--namespace", self.namespace, *words, given=given)

    def get(self, *words: str) -> Manifest:
        """Return what `kubectl get` gives as JSON."""
        return dict(json.loads(self("get", *words, "--output", "json")))

    def all(self, kind: str, selector: str = "") -> list[Manifest]:
        """Return every object of a kind."""
        return list(self.get(kind, "--selector", selector)["items"])

    def apply(self, *manifests: Manifest) -> None:
        """Make objects, or change them."""
        self("apply", "--filename", "-", given=json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests}))

    def secret(self, name: str, data: Mapping[str, str]) -> None:
        """Make a Secret, or change it."""
        self.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": dict(data)})

    def finished(self, job: str, *, seconds: float = 120) -> bool:
        """Wait until a Job has ended, and return whether it did well."""

        def ended() -> Manifest | None:
            status = self.get("job", job).get("status", {})
            return status if status.get("succeeded") or status.get("failed") else None

        return bool(until(ended, f"the end of job {job}", seconds=seconds).get("succeeded"))

    def report(self) -> str:
        """Return what one looks at when something went wrong."""
        parts = [self("get", "all"), self("get", "events", "--sort-by", ".lastTimestamp")[-4000:]]
        for pod in self.all("pods"):
            name = pod["metadata"]["name"]
            try:
                parts.append(f"--- {name}\n" + self("logs", name, "--all-containers", "--tail", "15"))
            except CommandError as error:
                parts.append(f"--- {name}: {error}")
        return "\n".join(parts)

    def pod(self, name: str, image: str, command: Sequence[str], *, user: int = 999, port: int = 6379) -> None:
        """Run a pod and a Service before it, restricted as the namespace wants it."""
        box = {
            "name": name,
            "image": image,
            "imagePullPolicy": "IfNotPresent",
            "command": list(command),
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        }
        spec = {
            "enableServiceLinks": False,
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 1,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": user,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [box],
        }
        meta = {"name": name, "labels": {"app": name}}
        service = {"selector": {"app": name}, "ports": [{"port": port}]}
        self.apply(
            {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec},
            {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": service},
        )
        self("wait", "--for=condition=ready", f"pod/{name}", "--timeout=60s")


def ready(pods: Sequence[Manifest]) -> Iterator[Manifest]:
    """Yield those that are ready and not on their way out."""
    for pod in pods:
        conditions = pod["status"].get("conditions", [])
        is_ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
        if is_ready and "deletionTimestamp" not in pod["metadata"]:
            yield pod
