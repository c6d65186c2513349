"""One release of the chart, by helm and kubectl."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from prometheus_client.parser import text_string_to_metric_families

from messaging.telemetry import names
from tests.e2e.kube import CommandError, Kube, Manifest, ready, run, until
from tests.house.tree import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.e2e.images import Images

CHART = str(ROOT / "charts/messaging-patterns")
PATTERN_LABEL = names.PATTERN.replace(".", "_")


class Release:
    """A release and what it runs.

    Attributes:
        base: what the names of its objects begin with.
    """

    def __init__(self, kube: Kube, images: Images, name: str, *, base: str = "", helm: str = "helm") -> None:
        """Describe a release; `install` makes it."""
        self.kube, self.name, self.base = kube, name, base or name
        self._images, self._helm = images, helm

    def helm(self, *words: str, values: Mapping[str, Any] | None = None) -> str:
        """Run helm in the release's namespace."""
        given = None if values is None else json.dumps(values)
        options = [] if values is None else ["--values", "-"]
        return run(self._helm, *words, "--namespace", self.kube.namespace, *options, given=given)

    def install(self, values: Mapping[str, Any] | None = None, *, wait: bool = True) -> str:
        """Install the release; return what helm prints."""
        return self._put("install", values, wait=wait)

    def upgrade(self, values: Mapping[str, Any] | None = None, *, wait: bool = True) -> str:
        """Upgrade it; return what helm prints."""
        return self._put("upgrade", values, wait=wait)

    def _put(self, verb: str, values: Mapping[str, Any] | None, *, wait: bool) -> str:
        options = ["--wait", "--timeout", "180s"] if wait else []
        return self.helm(verb, self.name, CHART, *options, values=self._with_images(values or {}))

    def _with_images(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        whole = dict(deepcopy(values))
        for service in ("publisher", "subscriber"):
            image = {"repository": self._images.repository(service), "tag": self._images.tag}
            whole[service] = {"image": image, **whole.get(service, {})}
        return whole

    def uninstall(self) -> None:
        """Remove it."""
        self.helm("uninstall", self.name, "--wait")

    def test(self) -> None:
        """Run `helm test`; raises CommandError with the reason that the Job gives."""
        try:
            self.helm("test", self.name, "--timeout", "120s")
        except CommandError as error:
            raise CommandError(f"{error}\n{self.kube('logs', f'job/{self.base}-round-trip')}") from None

    def pods(self, component: str) -> list[Manifest]:
        """Return the ready pods of a component."""
        return list(ready(self.every_pod(component)))

    def every_pod(self, component: str) -> list[Manifest]:
        """Return the pods of a component, those that begin and those that end, too."""
        selector = f"app.kubernetes.io/instance={self.name},app.kubernetes.io/component={component}"
        return list(self.kube.all("pods", selector))

    def names(self, component: str) -> list[str]:
        """Return their names."""
        return [pod["metadata"]["name"] for pod in self.pods(component)]

    def scale(self, component: str, replicas: int) -> None:
        """Scale as a user does, and wait until so many are ready."""
        self.kube("scale", f"deployment/{self.base}-{component}", f"--replicas={replicas}")
        self.expect(component, replicas)

    def expect(self, component: str, replicas: int, *, seconds: float = 90) -> None:
        """Wait until exactly so many pods are there and ready."""

        def there() -> bool:
            pods = self.every_pod(component)
            return len(pods) == replicas == len(list(ready(pods)))

        until(there, f"{replicas} pods of {component}", seconds=seconds)

    def redis(self, *command: str) -> str:
        """Ask the bundled server as its operator."""
        words = ["exec", f"statefulset/{self.base}-redis", "--", "sh", "/etc/redis/cli.sh", *command]
        return self.kube(*words).strip()

    def count(self, pod: str, metric: str) -> dict[str, int]:
        """Return one of a pod's counters, by pattern."""
        path = f"/api/v1/namespaces/{self.kube.namespace}/pods/{pod}:8080/proxy/metrics"
        name = metric.replace(".", "_")
        found: dict[str, int] = {}
        for family in text_string_to_metric_families(self.kube("get", "--raw", path)):
            for sample in family.samples:
                if sample.name == f"{name}_total":
                    pattern = sample.labels[PATTERN_LABEL]
                    found[pattern] = found.get(pattern, 0) + int(sample.value)
        return found

    def processed(self) -> dict[str, dict[str, int]]:
        """Return what each subscriber has done so far: pattern -> pod -> messages."""
        table: dict[str, dict[str, int]] = {}
        for pod in self.names("subscriber"):
            for pattern, count in self.count(pod, names.PROCESSED).items():
                table.setdefault(pattern, {})[pod] = count
        return table

    def publish(self, job: str, settings: Mapping[str, object]) -> None:
        """Start a Job that is the publisher in every way, but has settings of its own, and an end."""
        deployment = self.kube.get("deployment", f"{self.base}-publisher")
        template = deployment["spec"]["template"]
        (box,) = template["spec"]["containers"]
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            box.pop(probe, None)
        box["env"] = [*box.get("env", []), *({"name": name, "value": str(value)} for name, value in settings.items())]
        template["spec"]["restartPolicy"] = "Never"
        spec = {"backoffLimit": 0, "template": {"metadata": template["metadata"], "spec": template["spec"]}}
        template["metadata"]["labels"]["app.kubernetes.io/component"] = "test"  # what a NetworkPolicy lets through
        self.kube.apply({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": job}, "spec": spec})
