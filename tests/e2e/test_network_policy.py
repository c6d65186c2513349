"""With the NetworkPolicies our pods reach Redis and nothing else, and nobody else reaches anything of ours."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.kube import Kube, until
from tests.e2e.release import Release

KNOCK = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), 3).close()
    print("open")
except (TimeoutError, ConnectionRefusedError):
    print("closed")
"""


@pytest.fixture(scope="module")
def demo(release: Callable[..., Release], another_kube: Kube) -> Release:
    """Install the chart with its policies; one other namespace may reach Redis."""
    friend = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": another_kube.namespace}}}
    demo = release("demo")
    demo.install({"settings": {"PATTERN": "all"}, "networkPolicy": {"enabled": True, "redisFrom": [friend]}})
    return demo


@pytest.fixture(scope="module")
def stranger(kube: Kube, demo: Release) -> str:
    """Run a pod of nobody's beside ours, which listens too."""
    image = demo.pods("subscriber")[0]["spec"]["containers"][0]["image"]
    kube.pod("stranger", image, ["python", "-m", "http.server", "8000"], user=10001, port=8000)
    return "stranger"


def knock(kube: Kube, pod: str, host: str, port: int) -> bool:
    """Tell whether a pod can connect."""
    answer = kube("exec", pod, "--", "python", "-c", KNOCK, host, str(port)).strip()
    assert answer in {"open", "closed"}
    return answer == "open"


def test_our_traffic_goes_through(demo: Release) -> None:
    demo.test()
    assert len(demo.pods("publisher")) == len(demo.pods("subscriber")) == 1


def test_a_stranger_reaches_neither_redis_nor_the_services(kube: Kube, demo: Release, stranger: str) -> None:
    assert until(lambda: knock(kube, stranger, stranger, 8000), "that the stranger can connect at all")
    assert not knock(kube, stranger, "demo-redis", 6379)
    address = demo.pods("subscriber")[0]["status"]["podIP"]
    assert not knock(kube, stranger, address, 8080)


def test_our_pods_reach_nobody_else(kube: Kube, demo: Release, stranger: str) -> None:
    (subscriber,) = demo.names("subscriber")
    assert knock(kube, subscriber, "demo-redis", 6379)
    assert not knock(kube, subscriber, stranger, 8000)
    assert not knock(kube, subscriber, "kubernetes.default", 443)


def test_a_namespace_that_is_let_in_reaches_redis_alone(demo: Release, another_kube: Kube) -> None:
    image = demo.pods("subscriber")[0]["spec"]["containers"][0]["image"]
    another_kube.pod("friend", image, ["python", "-m", "http.server", "8000"], user=10001, port=8000)
    host = f"demo-redis.{demo.kube.namespace}"
    assert until(lambda: knock(another_kube, "friend", host, 6379), "that the friend gets in")
    assert not knock(another_kube, "friend", demo.pods("publisher")[0]["status"]["podIP"], 8080)
