"""Requests to a cluster's API server, by the official client's configuration, connections and web sockets.

Bodies go to and fro as plain JSON: the client's models would leave out what is newer than they are.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple, Self

import aiohttp
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import KUBE_CONFIG_DEFAULT_LOCATION, ConfigException, load_incluster_config, load_kube_config
from kubernetes.aio.stream import WsApiClient

from lab.place.target import TargetError

Manifest = dict[str, Any]
"""An object of the API, as JSON."""
_PATIENCE = 15.0
_AUTH = ["BearerToken"]
_MERGE = "application/merge-patch+json"
_NOT_FOUND, _CONFLICT, _WRONG = 404, 409, 400
_OWN_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


class ClusterError(TargetError):
    """The cluster did not do what was asked; the text says what it answered.

    Attributes:
        status: the HTTP status; 0: nobody answered.
    """

    def __init__(self, text: str, status: int = 0) -> None:
        """Say what happened."""
        super().__init__(text)
        self.status = status


class Kind(NamedTuple):
    """A kind of object.

    Attributes:
        group: its API group; "" is the core.
        resource: its plural, as in a Role.
    """

    group: str
    resource: str

    def path(self, namespace: str, name: str = "", part: str = "") -> str:
        """Return where all of a namespace are, or one, or a part of one (its log)."""
        root = f"/apis/{self.group}/v1" if self.group else "/api/v1"
        words = (root, "namespaces", namespace, self.resource, name, part)
        return "/".join(word for word in words if word)


PODS, SERVICES, CONFIG_MAPS, SECRETS = (
    Kind("", resource) for resource in ("pods", "services", "configmaps", "secrets")
)
DEPLOYMENTS, STATEFUL_SETS, JOBS = Kind("apps", "deployments"), Kind("apps", "statefulsets"), Kind("batch", "jobs")


class Cluster:
    """A cluster that answers; nothing is tried again.

    Attributes:
        namespace: the current context's.
        inside: whether this is one of its pods.
    """

    def __init__(self, configuration: Configuration, namespace: str, *, inside: bool = False) -> None:
        """Prepare; connects with the first request."""
        self.namespace, self.inside = namespace, inside
        self._host = configuration.host
        self._api, self._sockets = ApiClient(configuration), WsApiClient(configuration)

    async def __aenter__(self) -> Self:
        """Keep connections until it is left."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close them."""
        await self._api.close()
        await self._sockets.close()

    async def get(self, path: str, **query: str) -> Manifest:
        """Return an object, or a list of them."""
        return dict(json.loads(await self._ask("GET", path, query=query)))

    async def items(self, kind: Kind, namespace: str, selector: str = "") -> list[Manifest]:
        """Return every object of a kind that bears these labels."""
        return list((await self.get(kind.path(namespace), labelSelector=selector))["items"])

    async def text(self, path: str, **query: str) -> str:
        """Return what is no JSON: a log."""
        return (await self._ask("GET", path, query=query)).decode(errors="replace")

    async def create(self, kind: Kind, namespace: str, body: Manifest) -> Manifest:
        """Make an object and return it as it is."""
        return dict(json.loads(await self._ask("POST", kind.path(namespace), body)))

    async def post(self, path: str, body: Manifest) -> Manifest:
        """Ask something that takes a body."""
        return dict(json.loads(await self._ask("POST", path, body)))

    async def patch(self, kind: Kind, namespace: str, name: str, body: Manifest) -> Manifest:
        """Change what the body names (a merge patch)."""
        return dict(json.loads(await self._ask("PATCH", kind.path(namespace, name), body, _MERGE)))

    async def patch_scale(self, kind: Kind, namespace: str, name: str, replicas: int) -> None:
        """Say how many there shall be, by the part of the object that has a right of its own."""
        await self._ask("PATCH", kind.path(namespace, name, "scale"), {"spec": {"replicas": replicas}}, _MERGE)

    async def delete(self, kind: Kind, namespace: str, name: str, *, at_once: bool = False) -> None:
        """Remove an object and then, in the background, what it owns; one that is not there is fine."""
        body: Manifest = {"propagationPolicy": "Background"} | ({"gracePeriodSeconds": 0} if at_once else {})
        try:
            await self._ask("DELETE", kind.path(namespace, name), body)
        except ClusterError as error:
            if error.status not in (_NOT_FOUND, _CONFLICT):
                raise

    @asynccontextmanager
    async def socket(
        self, path: str, query: Sequence[tuple[str, str]]
    ) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Open a web socket, as for exec and port-forward; raises ClusterError when it is refused."""
        words = await self._sockets.param_serialize("GET", path, query_params=list(query), auth_settings=_AUTH)
        method, url, headers, *_ = words
        opening = await self._sockets.call_api(method, url, headers, _preload_content=False)
        try:
            socket = await opening.response
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            status = error.status if isinstance(error, aiohttp.WSServerHandshakeError) else 0
            raise ClusterError(f"{path}: {error}", status) from error
        async with socket:
            yield socket

    async def execute(self, namespace: str, pod: str, *command: str) -> None:
        """Run a command in a pod's first container and wait for its end, or for the end of the container."""
        query = [("command", word) for word in command]
        path = PODS.path(namespace, pod, "exec")
        async with self.socket(path, [*query, ("stdout", "true"), ("stderr", "true")]) as socket:
            said = [message.data async for message in socket if message.type is aiohttp.WSMsgType.BINARY]
        complaint = b"".join(data[1:] for data in said if data[:1] == b"\x02").decode(errors="replace").strip()
        if complaint:
            raise ClusterError(f"exec in {pod}: {complaint}")

    async def _ask(
        self,
        method: str,
        path: str,
        body: Manifest | None = None,
        content: str = "application/json",
        query: Mapping[str, str] | None = None,
    ) -> bytes:
        pairs = [(name, value) for name, value in (query or {}).items() if value]
        headers = {"Content-Type": content, "Accept": "application/json, */*"}
        words = await self._api.param_serialize(
            method, path, query_params=pairs, header_params=headers, body=body, auth_settings=_AUTH
        )
        try:
            answer = await self._api.call_api(*words, _request_timeout=_PATIENCE)
            content_ = bytes(await answer.read())
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            why = str(error) or type(error).__name__
            raise ClusterError(f"no cluster answers at {self._host}: {why}; is KUBECONFIG right?") from error
        if answer.status >= _WRONG:
            raise ClusterError(_complaint(content_, f"{method} {path}: status {answer.status}"), answer.status)
        return content_


async def connect() -> Cluster:
    """Return KUBECONFIG's cluster, or the one whose pod this is; nothing is asked yet.

    Raises:
        ClusterError: neither is there.
    """
    configuration = Configuration()
    configuration.retries = None
    if own := await asyncio.to_thread(_own_namespace):
        load_incluster_config(configuration)
        return Cluster(configuration, own, inside=True)
    files = KUBE_CONFIG_DEFAULT_LOCATION.split(os.pathsep)
    if not any(await asyncio.to_thread(lambda: [Path(file).expanduser().exists() for file in files])):
        raise ClusterError(f"there is no cluster: {', '.join(files)} is not there; set KUBECONFIG")
    try:
        loader = await load_kube_config(client_configuration=configuration, persist_config=False)
    except (ConfigException, OSError, TypeError) as error:
        why = "is empty" if isinstance(error, TypeError) else f"cannot be used: {error}"
        raise ClusterError(f"there is no cluster: {', '.join(files)} {why}; set KUBECONFIG") from error
    return Cluster(configuration, loader.current_context["context"].get("namespace") or "default")


def _own_namespace() -> str:
    """Return this pod's namespace; "" on any other machine, and where KUBECONFIG says otherwise."""
    if "KUBECONFIG" in os.environ or not _OWN_NAMESPACE.exists():
        return ""
    return _OWN_NAMESPACE.read_text(encoding="utf-8").strip()


def _complaint(answer: bytes, otherwise: str) -> str:
    """Return what the API server says of a request that it refuses; for one without the right, verb and resource."""
    try:
        return str(json.loads(answer)["message"])
    except (ValueError, KeyError, TypeError):
        return otherwise
