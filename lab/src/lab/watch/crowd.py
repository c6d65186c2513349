"""Where the replicas are: pods of a release, or programs at addresses."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from lab.target import Address
from lab.watch.fetching import FetchError, fetch

CHART = "messaging-patterns"
_METRICS = "/metrics"


class CrowdError(Exception):
    """The replicas cannot be looked at; the text says why, and what to do."""


class Crowd(Protocol):
    """Some replicas."""

    async def pages(self) -> Mapping[str, str]:
        """Return what each says in /metrics, by its name; one that does not answer is left out.

        Raises:
            CrowdError: nobody can be asked.
        """


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Programs that were started with PROBE_PORT.

    Attributes:
        addresses: where they listen.
    """

    addresses: Sequence[Address]

    async def pages(self) -> Mapping[str, str]:
        """Ask each; its name is its address."""
        names = [f"{address.host}:{address.port}" for address in self.addresses]
        answers = await asyncio.gather(*(_page(address, _METRICS) for address in self.addresses))
        found = {name: page for name, page in zip(names, answers, strict=True) if page is not None}
        if not found:
            raise CrowdError(f"nobody answers at {', '.join(names)}: start the services with PROBE_PORT=...")
        return found


@dataclass(frozen=True, slots=True)
class Pods:
    """Pods of the chart, by way of the cluster's API server.

    Attributes:
        api: where `kubectl proxy` listens.
        namespace: the pods'.
        release: whose pods; "": all in the namespace.
    """

    api: Address
    namespace: str
    release: str

    async def pages(self) -> Mapping[str, str]:
        """Ask each that runs."""
        root = f"/api/v1/namespaces/{self.namespace}/pods"
        ports = {pod["metadata"]["name"]: _port(pod) for pod in await self._running(root)}
        paths = {name: f"{root}/{name}:{port}/proxy{_METRICS}" for name, port in ports.items() if port}
        answers = await asyncio.gather(*(_page(self.api, path) for path in paths.values()))
        return {name: page for name, page in zip(paths, answers, strict=True) if page is not None}

    async def _running(self, root: str) -> list[dict[str, Any]]:
        instance = f"%2Capp.kubernetes.io%2Finstance%3D{self.release}" if self.release else ""
        query = f"?fieldSelector=status.phase%3DRunning&labelSelector=app.kubernetes.io%2Fname%3D{CHART}{instance}"
        try:
            pods = list(json.loads(await fetch(self.api, root + query))["items"])
        except FetchError as error:
            raise CrowdError(_said(error)) from None
        if not pods:
            whose = f"release {self.release}" if self.release else "the chart"
            raise CrowdError(f"no pod of {whose} in namespace {self.namespace}: name another one by --namespace")
        return pods


@asynccontextmanager
async def pods(namespace: str, release: str) -> AsyncIterator[Pods]:
    """Open a way to the pods of KUBECONFIG's cluster, by kubectl, while the context lasts.

    Args:
        namespace: the pods'; "": that of the current context.
        release: whose pods; "": all in the namespace.

    Raises:
        CrowdError: there is no kubectl, or it cannot reach a cluster.
    """
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        raise CrowdError("there is no kubectl: install it, or name the addresses of local services")
    where = namespace or await _output(kubectl, "config", "view", "--minify", "--output", "jsonpath={..namespace}")
    proxy = await asyncio.create_subprocess_exec(
        *(kubectl, "proxy", "--port=0"), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        line = (await proxy.stdout.readline()).decode() if proxy.stdout else ""
        if not line:
            raise CrowdError(f"kubectl proxy: {await _complaint(proxy)}")
        port = int(line.rstrip().rpartition(":")[2])
        yield Pods(Address("127.0.0.1", port), where or "default", release)
    finally:
        if proxy.returncode is None:
            proxy.terminate()
        await proxy.wait()


async def _output(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, complaint = await process.communicate()
    if process.returncode:
        raise CrowdError(complaint.decode().strip())
    return output.decode().strip()


async def _complaint(process: asyncio.subprocess.Process) -> str:
    return "" if process.stderr is None else (await process.stderr.read()).decode().strip()


async def _page(address: Address, path: str) -> str | None:
    try:
        return (await fetch(address, path)).decode()
    except FetchError:
        return None


def _port(pod: Mapping[str, Any]) -> int | None:
    """Return the port that the pod's container calls probes."""
    ports = [port for box in pod["spec"]["containers"] for port in box.get("ports", [])]
    return next((int(port["containerPort"]) for port in ports if port.get("name") == "probes"), None)


def _said(error: FetchError) -> str:
    """Return the API server's own words where there are some: they name the verb and the resource."""
    try:
        return str(json.loads(error.body)["message"])
    except (ValueError, KeyError, TypeError):
        return str(error)
