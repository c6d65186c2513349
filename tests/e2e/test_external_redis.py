"""Servers of one's own: with TLS, behind Sentinel, a Cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.e2e.kube import Kube, until
from tests.e2e.release import Release

SERVER = ["redis-server", "--save", "", "--appendonly", "no", "--protected-mode", "no", "--dir", "/tmp"]  # noqa: S108


def outside(**values: object) -> dict[str, Any]:
    """Return values for a server of one's own, and every pattern."""
    return {"settings": {"PATTERN": "all"}, "redis": {"enabled": False}, "externalRedis": values}


def test_tls_with_passwords(release: Callable[..., Release]) -> None:
    server = release("server")
    server.install({"redis": {"tls": {"enabled": True}}, "publisher": {"replicas": 0}})
    client = release("client")
    tls = {"enabled": True, "existingSecret": "server-redis-tls"}
    client.install(outside(host="server-redis", existingSecret="server-redis-users", tls=tls))
    client.test()
    tls["clientCertificate"] = True
    client.upgrade(outside(host="server-redis", existingSecret="server-redis-users", tls=tls))
    client.test()
    client.uninstall()
    server.uninstall()


def test_sentinel_and_a_failover(kube: Kube, release: Callable[..., Release]) -> None:
    kube.pod("one", "redis:8", [*SERVER, "--requirepass", "secret", "--masterauth", "secret"])
    kube.pod("two", "redis:8", [*SERVER, "--requirepass", "secret", "--masterauth", "secret"])
    kube.pod("sentinel", "redis:8", ["sh", "-c", _sentinel(_address(kube, "one"))], port=26379)
    kube("exec", "two", "--", "redis-cli", "-a", "secret", "REPLICAOF", _address(kube, "one"), "6379")
    kube.secret("outside", {"password": "secret"})
    user = {"username": "", "passwordKey": "password"}
    client = release("watched")
    client.install(
        outside(
            mode="sentinel",
            sentinel={"addresses": ["sentinel:26379"], "master": "mymaster"},
            existingSecret="outside",
            users=dict.fromkeys(("publisher", "subscriber", "test", "autoscaler"), user),
        )
    )
    client.test()
    replicas = ("exec", "sentinel", "--", "redis-cli", "-p", "26379", "SENTINEL", "REPLICAS", "mymaster")
    until(lambda: "slave" in kube(*replicas), "that Sentinel knows the replica")
    kube("delete", "pod", "one", "--grace-period=0", "--force")
    until(lambda: "role:master" in kube("exec", "two", "--", "redis-cli", "-a", "secret", "INFO", "replication"), "it")
    until(lambda: client.names("publisher") and client.names("subscriber"), "that both are ready again")
    client.test()
    restarts = [pod["status"]["containerStatuses"][0]["restartCount"] for pod in client.pods("subscriber")]
    assert restarts == [0]
    client.uninstall()


def _address(kube: Kube, pod: str) -> str:
    return str(kube.get("pod", pod)["status"]["podIP"])


def _sentinel(primary: str) -> str:
    lines = [
        "port 26379",
        "protected-mode no",
        f"sentinel monitor mymaster {primary} 6379 1",
        "sentinel auth-pass mymaster secret",
        "sentinel down-after-milliseconds mymaster 2000",
        "sentinel failover-timeout mymaster 5000",
    ]
    text = "\\n".join(lines)
    return f"printf '{text}\\n' >/tmp/sentinel.conf && exec redis-sentinel /tmp/sentinel.conf"


def test_a_cluster(kube: Kube, release: Callable[..., Release]) -> None:
    kube.pod("node", "redis:8", [*SERVER, "--cluster-enabled", "yes"])
    kube("exec", "node", "--", "redis-cli", "CLUSTER", "ADDSLOTSRANGE", "0", "16383")
    until(lambda: "cluster_state:ok" in kube("exec", "node", "--", "redis-cli", "CLUSTER", "INFO"), "the cluster")
    client = release("clustered")
    client.install(outside(mode="cluster", host="node"))
    client.test()
    client.uninstall()
