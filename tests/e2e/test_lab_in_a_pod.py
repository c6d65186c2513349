"""The lab as a pod, under its own account, on the release's own Redis, as the ACL user `lab`."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from tests.e2e.lab_account import LabAccount, lab_account

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.images import Images
    from tests.e2e.kube import Manifest
    from tests.e2e.release import Release

HOME = "/home/lab"
NETWORK = {"enabled": True, "redisFrom": [{"namespaceSelector": {}}]}


def job(account: LabAccount, release: Release, image: str, scenario: str) -> Manifest:
    """Return a Job that runs a scenario."""
    where = ["--target", "kubernetes", "--namespace", release.kube.namespace]
    box = {
        "name": "lab",
        "image": image,
        "args": ["run", scenario, *where, "--lab-namespace", account.kube.namespace, "--runs", f"{HOME}/runs"],
        "env": [
            {"name": "HOME", "value": HOME},
            {"name": "TMPDIR", "value": HOME},
            {"name": "REDIS_HOST", "value": f"{release.base}-redis.{release.kube.namespace}"},
            {"name": "REDIS_USERNAME", "value": "lab"},
        ],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "home", "mountPath": HOME},
            {"name": "secrets", "mountPath": "/run/secrets/messaging", "readOnly": True},
        ],
    }
    spec = {
        "serviceAccountName": "lab",
        "automountServiceAccountToken": True,
        "restartPolicy": "Never",
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [box],
        "volumes": [{"name": "home", "emptyDir": {}}, {"name": "secrets", "secret": {"secretName": "redis"}}],
    }
    template = {"spec": {"backoffLimit": 0, "template": {"spec": spec}}}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "lab"}} | template


@pytest.mark.full
def test_it_touches_only_its_own_names_on_the_releases_redis(
    release: Callable[..., Release], lab_image: Images, tmp_path_factory: pytest.TempPathFactory
) -> None:
    demo = release("shared")
    demo.install({"networkPolicy": NETWORK})
    demo.scale("publisher", 0)
    with lab_account(demo.kube, tmp_path_factory.mktemp("pod")) as account:
        users = demo.kube.get("secret", "shared-redis-users")["data"]
        account.kube.secret("redis", {"redis-password": base64.b64decode(users["lab-password"]).decode()})
        account.kube.apply(job(account, demo, lab_image.of("lab"), "consumer-kill"))
        done = account.kube.finished("lab", seconds=240)
        said = account.kube("logs", "job/lab")
        assert done, said
        assert "consumer-kill: held" in said
        assert not [key for key in demo.redis("KEYS", "*").split() if "lab" in key]
        account.wait_clean()
