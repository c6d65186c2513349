"""Names as long as Helm allows, and names that get in each other's way; Valkey, TLS and no room for anything else."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.kube import Kube, until
from tests.e2e.release import Release

LONGEST = "a-release-whose-name-is-as-long-as-helm-allows-it-53c"
BASE = "a-release-whose-name-is-as-long-a-"


def test_valkey_with_tls_under_the_longest_name(kube: Kube, release: Callable[..., Release]) -> None:
    assert len(LONGEST) == 53
    longest = release(LONGEST)
    longest.install({"settings": {"PATTERN": "all"}, "redis": {"server": "valkey", "tls": {"enabled": True}}})
    (service,) = kube.all("services", f"app.kubernetes.io/instance={LONGEST}")
    longest.base = service["metadata"]["name"].removesuffix("-redis")
    assert longest.base.startswith(BASE[:32])
    longest.test()
    assert "valkey_version:9" in longest.redis("INFO", "server")
    certificate = kube.get("secret", f"{longest.base}-redis-tls")["data"]
    longest.upgrade({"settings": {"PATTERN": "all"}, "redis": {"server": "valkey", "tls": {"enabled": True}}})
    assert kube.get("secret", f"{longest.base}-redis-tls")["data"] == certificate
    longest.uninstall()


def test_a_release_called_redis(kube: Kube, release: Callable[..., Release]) -> None:
    redis = release("redis")
    redis.install({"networkPolicy": {"enabled": True}})
    redis.test()
    log = kube("logs", "deployment/redis-subscriber")
    until(lambda: "Connected to Redis at redis-redis:6379" in log, "the connection")
    redis.uninstall()
