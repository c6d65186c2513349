"""The objects of a run: copies of the release's pods, the ledger, the server under test.

The ledger's Job owns all of them, so that its end is theirs, also when nobody is left to clean up.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy

from lab.targets.kubernetes.cluster import Manifest
from lab.targets.kubernetes.release import COMPONENT, INSTANCE, Release, container
from messaging.ledger.record import Role
from messaging.settings.sources import DEFAULT_SECRETS_DIR

RUN = "messaging-patterns.lab/run"
"""Label of everything that belongs to a run."""
PART = "messaging-patterns.lab/part"
"""Label that tells a run's Deployments and servers apart."""
REDIS_PORT = 6379
_BODIES = "/run/lab"
_KEPT = ("REDIS_TIMEOUT", "REDIS_CONNECT_TIMEOUT", "REDIS_GIVE_UP_AFTER")
_PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
_PLACING = ("nodeSelector", "affinity", "tolerations", "priorityClassName", "imagePullSecrets", "securityContext")
_SECRETS = "/run/secrets/"
_HARDENED = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
_NOBODY = {"runAsNonRoot": True, "runAsUser": 999, "fsGroup": 999, "seccompProfile": {"type": "RuntimeDefault"}}
_START = 'exec "$(command -v valkey-server || command -v redis-server)" "$@"'
_OPEN = {"bind": "* -::*", "protected-mode": "no", "port": str(REDIS_PORT), "dir": "/data", "save": ""}


class Manifests:
    """Makes one run's objects.

    Attributes:
        run: the run's id, which all names begin with.
        owner: the ledger's Job as it stands in the cluster; nothing but itself can be made before.
    """

    def __init__(self, run: str, release: Release, *, limit: float, secret: bool) -> None:
        """Prepare.

        Args:
            run: the run's id.
            release: what to copy.
            limit: after how many seconds the cluster itself ends everything.
            secret: whether the services find the server's passwords in a Secret with the run's name.
        """
        self.run, self.owner = run, Manifest()
        self._release, self._limit, self._secret = release, int(limit), secret

    def named(self, part: str) -> str:
        """Return the name of one of the run's objects."""
        return f"{self.run}-{part}"

    def deployment(self, part: str, environment: Mapping[str, str], replicas: int) -> Manifest:
        """Return subscribers."""
        template = self._service("subscriber", part, environment)
        spec = {"replicas": replicas, "selector": {"matchLabels": {RUN: self.run, PART: part}}, "template": template}
        return self._object("apps/v1", "Deployment", part, spec)

    def job(self, part: str, environment: Mapping[str, str], *, bodies: bool) -> Manifest:
        """Return a publisher, which ends by itself and is not tried again."""
        read = {"PUBLISH_INPUT": f"{_BODIES}/bodies"} if bodies else {}
        template = self._service("publisher", part, {**environment, **read})
        spec = template["spec"]
        spec["restartPolicy"] = "Never"
        box = spec["containers"][0]
        for probe in _PROBES:
            box.pop(probe, None)
        if bodies:
            spec.setdefault("volumes", []).append({"name": "bodies", "configMap": {"name": self.named(part)}})
            box.setdefault("volumeMounts", []).append({"name": "bodies", "mountPath": _BODIES, "readOnly": True})
        return self._object("batch/v1", "Job", part, {"backoffLimit": 0, "template": template})

    def bodies(self, part: str, text: str) -> Manifest:
        """Return what a publisher is to send."""
        made = self._object("v1", "ConfigMap", part, None)
        return made | {"data": {"bodies": text}}

    def secret(self, files: Mapping[str, str]) -> Manifest:
        """Return the passwords of a user's server, as the services' mounted files."""
        meta = {"name": self.run, "labels": {RUN: self.run}, "ownerReferences": [self._owned()]}
        return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": dict(files)}

    def ledger(self) -> Manifest:
        """Return the ledger's server, the owner of all: gone as soon as it ends."""
        template = self._server("ledger", {"appendonly": "no"})
        template["spec"]["restartPolicy"] = "Never"
        ending = {"activeDeadlineSeconds": self._limit, "ttlSecondsAfterFinished": 0, "backoffLimit": 0}
        return self._object("batch/v1", "Job", "ledger", {**ending, "template": template}, owned=False)

    def redis(self, options: Mapping[str, str]) -> Manifest:
        """Return the server under test, as the release's: its disk outlives its container."""
        template = self._server("redis", options)
        return self._object("v1", "Pod", "redis", template["spec"])

    def service(self, part: str) -> Manifest:
        """Return a name for one of the servers."""
        spec = {"selector": {RUN: self.run, PART: part}, "ports": [{"port": REDIS_PORT}]}
        return self._object("v1", "Service", part, spec)

    def _object(self, version: str, kind: str, part: str, spec: Manifest | None, *, owned: bool = True) -> Manifest:
        labels = {RUN: self.run, PART: part}
        meta = {"name": self.named(part), "labels": labels} | ({"ownerReferences": [self._owned()]} if owned else {})
        return {"apiVersion": version, "kind": kind, "metadata": meta} | ({} if spec is None else {"spec": spec})

    def _owned(self) -> Manifest:
        meta = self.owner["metadata"]
        return {"apiVersion": "batch/v1", "kind": "Job", "name": meta["name"], "uid": meta["uid"]}

    def _service(self, role: Role, part: str, environment: Mapping[str, str]) -> Manifest:
        template = deepcopy(self._release.templates[role])
        labels = {**template["metadata"].get("labels", {}), INSTANCE: self.run, COMPONENT: role}
        spec = template["spec"]
        spec.pop("serviceAccountName", None)
        spec.pop("serviceAccount", None)
        spec["automountServiceAccountToken"] = False
        spec["shareProcessNamespace"] = True  # else the service is process 1, which SIGKILL from within does not reach
        box = spec["containers"][0]
        _leave_out_secrets(spec, box)
        if self._secret:
            spec.setdefault("volumes", []).append({"name": "secrets", "secret": {"secretName": self.run}})
            mount = {"name": "secrets", "mountPath": DEFAULT_SECRETS_DIR, "readOnly": True}
            box.setdefault("volumeMounts", []).append(mount)
        box["env"] = _variables(box["env"], environment)
        return {"metadata": {"labels": {**labels, RUN: self.run, PART: part}}, "spec": spec}

    def _server(self, part: str, options: Mapping[str, str]) -> Manifest:
        theirs, box = self._release.redis["spec"], container(self._release.redis)
        words = [word for name, value in {**_OPEN, **options}.items() for word in (f"--{name}", value)]
        mine = {
            "name": part,
            "image": box["image"],
            "command": ["sh", "-c", _START, "--", *words],
            "securityContext": _HARDENED,
            "ports": [{"containerPort": REDIS_PORT}],
            "readinessProbe": {"tcpSocket": {"port": REDIS_PORT}, "periodSeconds": 1},
            "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        } | {name: box[name] for name in ("imagePullPolicy", "resources") if name in box}
        spec = {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "shareProcessNamespace": True,
            "terminationGracePeriodSeconds": 1,
            "securityContext": _NOBODY,
            "containers": [mine],
            "volumes": [{"name": "data", "emptyDir": {}}],
        } | {name: theirs[name] for name in _PLACING if name in theirs}
        return {"metadata": {"labels": {RUN: self.run, PART: part}}, "spec": spec}


def _leave_out_secrets(spec: Manifest, box: Manifest) -> None:
    """Drop the release's secrets: they are for its own server, and the lab's namespace does not have them."""
    mounts = box.get("volumeMounts", [])
    ours = {mount["name"] for mount in mounts if f"{mount['mountPath']}/".startswith(_SECRETS)}
    box["volumeMounts"] = [mount for mount in mounts if mount["name"] not in ours]
    spec["volumes"] = [volume for volume in spec.get("volumes", []) if volume["name"] not in ours]


def _variables(theirs: list[Manifest], environment: Mapping[str, str]) -> list[Manifest]:
    """Return the release's variables but for its server's, and the run's in place of theirs."""
    kept = {one["name"]: one for one in theirs if not one["name"].startswith("REDIS_") or one["name"] in _KEPT}
    return list((kept | {name: {"name": name, "value": value} for name, value in environment.items()}).values())
