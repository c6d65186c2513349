"""What the lab may do in a cluster, and nothing else: the Roles in lab/kubernetes say the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import NamedTuple

from lab.scenario.checking import RefusedError
from lab.targets.kubernetes.cluster import Cluster

_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class Right(NamedTuple):
    """Verbs on one resource.

    Attributes:
        group: its API group; "" is the core.
        resource: its name in a Role, with a part as in pods/log.
        verbs: which.
    """

    group: str
    resource: str
    verbs: tuple[str, ...]


IN_RELEASE = (
    Right("", "configmaps", ("get",)),
    Right("apps", "deployments", ("list",)),
    Right("apps", "statefulsets", ("list",)),
)
"""In the installed release's namespace: to look."""
IN_LAB = (
    Right("", "pods", ("create", "delete", "get", "list")),
    Right("", "pods/log", ("get",)),
    Right("", "pods/exec", ("create", "get")),  # get until Kubernetes 1.34, create from 1.35 on
    Right("", "pods/portforward", ("create", "get")),
    Right("", "services", ("create",)),
    Right("", "configmaps", ("create",)),
    Right("", "secrets", ("create",)),
    Right("apps", "deployments", ("create", "get", "patch")),
    Right("batch", "jobs", ("create", "delete")),
)
"""In the lab's own namespace: to run, to kill, and to remove it all."""


async def check_rights(cluster: Cluster, release_namespace: str, lab_namespace: str) -> None:
    """Ask the cluster for each right before anything starts.

    Raises:
        RefusedError: some are missing; it names the verbs and resources.
        ClusterError: the cluster cannot be asked.
    """
    wanted = [(release_namespace, *one) for right in IN_RELEASE for one in _each(right)]
    wanted += [(lab_namespace, *one) for right in IN_LAB for one in _each(right)]
    granted = await asyncio.gather(*(may(cluster, *one) for one in wanted))
    missing = [
        f"{verb} {resource}{f'.{group}' if group else ''} in namespace {namespace}"
        for (namespace, group, resource, verb), may in zip(wanted, granted, strict=True)
        if not may
    ]
    if missing:
        told = ", ".join(missing)
        raise RefusedError(f"no permission to {told}: docs/lab-on-kubernetes.md says how to grant what the lab needs")


def _each(right: Right) -> Iterator[tuple[str, str, str]]:
    return ((right.group, right.resource, verb) for verb in right.verbs)


async def may(cluster: Cluster, namespace: str, group: str, resource: str, verb: str, name: str = "") -> bool:
    """Ask for a right: to do this to any such resource, or to the one of a name. Raises ClusterError."""
    kind, _, part = resource.partition("/")
    attributes = {"namespace": namespace, "group": group, "resource": kind, "subresource": part, "verb": verb}
    attributes |= {"name": name} if name else {}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
    answer = await cluster.post(_REVIEW, {**review, "spec": {"resourceAttributes": attributes}})
    return bool(answer["status"]["allowed"])
