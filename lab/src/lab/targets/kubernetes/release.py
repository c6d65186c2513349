"""The installed release that a run copies; it is only read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lab.common.nearest import instead
from lab.scenario.checking import RefusedError
from lab.targets.kubernetes.cluster import CONFIG_MAPS, DEPLOYMENTS, STATEFUL_SETS, Cluster, Manifest
from messaging.ledger.record import Role

CHART = "messaging-patterns"
NAME, INSTANCE, COMPONENT = (f"app.kubernetes.io/{word}" for word in ("name", "instance", "component"))
_VERSION = "helm.sh/chart"
_REDIS_IMAGE = "redis:8"
_ROLES: tuple[Role, ...] = ("publisher", "subscriber")


@dataclass(frozen=True, slots=True)
class Release:
    """What is installed.

    Attributes:
        name: the release's.
        chart: the chart's name and version.
        templates: each service's pod template, whose container has every variable in `env`.
        redis: the bundled server's pod template; one with a plain image where there is no such server.
    """

    name: str
    chart: str
    templates: Mapping[Role, Manifest]
    redis: Manifest

    @property
    def images(self) -> dict[str, str]:
        """The images by what they are for."""
        services = {f"image of {role}": container(one)["image"] for role, one in self.templates.items()}
        return services | {"image of redis": container(self.redis)["image"]}


async def find_release(cluster: Cluster, namespace: str, name: str) -> Release:
    """Read a release.

    Args:
        cluster: where.
        namespace: its namespace.
        name: its name; "": the only one there.

    Raises:
        RefusedError: it is not there, or there are several.
        ClusterError: the cluster cannot be asked.
    """
    deployments = await cluster.items(DEPLOYMENTS, namespace, f"{NAME}={CHART}")
    chosen = _choose({_label(one, INSTANCE) for one in deployments}, namespace, name)
    ours = {_label(one, COMPONENT): one for one in deployments if _label(one, INSTANCE) == chosen}
    if missing := [role for role in _ROLES if role not in ours]:
        raise RefusedError(f"release {chosen} in namespace {namespace} has no Deployment of {' and '.join(missing)}")
    whole = await asyncio.gather(*(_whole(cluster, namespace, ours[role]["spec"]["template"]) for role in _ROLES))
    servers = await cluster.items(STATEFUL_SETS, namespace, f"{INSTANCE}={chosen},{COMPONENT}=redis")
    redis = servers[0]["spec"]["template"] if servers else {"spec": {"containers": [{"image": _REDIS_IMAGE}]}}
    return Release(chosen, _label(ours["subscriber"], _VERSION), dict(zip(_ROLES, whole, strict=True)), redis)


def container(template: Manifest) -> dict[str, Any]:
    """Return a pod template's first container: the service itself."""
    return dict(template["spec"]["containers"][0])


def _choose(found: Iterable[str], namespace: str, name: str) -> str:
    there = sorted(found)
    if not there:
        raise RefusedError(
            f"no release of the chart {CHART} in namespace {namespace}: see `helm list -A`, and give --namespace"
        )
    if name and name not in there:
        raise RefusedError(f"no release {name} in namespace {namespace}: {instead(name, there)}")
    if not name and len(there) > 1:
        raise RefusedError(f"namespace {namespace} holds the releases {', '.join(there)}: choose one by --release")
    return name or there[0]


def _label(one: Manifest, label: str) -> str:
    return str(one["metadata"]["labels"].get(label, ""))


async def _whole(cluster: Cluster, namespace: str, template: Manifest) -> Manifest:
    """Put what the ConfigMaps say among the variables: the copy's namespace does not have them."""
    box = container(template)
    said: dict[str, Manifest] = {}
    for source in box.pop("envFrom", []):
        if "configMapRef" not in source:
            raise RefusedError(f"the release takes variables from {', '.join(source)}, which the lab does not read")
        data = (await cluster.get(CONFIG_MAPS.path(namespace, source["configMapRef"]["name"]))).get("data", {})
        said |= {name: {"name": name, "value": value} for name, value in data.items()}
    said |= {one["name"]: one for one in box.get("env", [])}
    box["env"] = list(said.values())
    spec = {**template["spec"], "containers": [box, *template["spec"]["containers"][1:]]}
    return {**template, "spec": spec}
