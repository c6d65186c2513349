"""The subscriber follows the work: by KEDA down to nothing and back, by CPU with a HorizontalPodAutoscaler."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.kube import CommandError, Kube, run, until
from tests.e2e.release import Release

WORK = 20  # seconds that a message takes: longer than KEDA needs to notice that nothing waits any more
COOLDOWN = 5


@pytest.fixture(scope="module")
def _keda() -> None:
    try:
        run("kubectl", "get", "crd", "scaledobjects.keda.sh")
    except CommandError:
        pytest.skip("no KEDA in this cluster")


@pytest.fixture(scope="module")
def scaled(_keda: None, kube: Kube, release: Callable[..., Release]) -> Iterator[Release]:
    """Install with KEDA, a slow handler, and a publisher that made the stream's group and then left."""
    scaled = release("scaled")
    scaled.install(
        {
            "settings": {"PATTERN": "queue,reliable-queue,stream", "SHUTDOWN_GRACE": WORK + 10},
            "publisher": {"settings": {"PUBLISH_COUNT": 1, "PUBLISH_INTERVAL": 0}, "replicas": 0},
            "subscriber": {
                "settings": {
                    "HANDLER": "subscriber.handlers:slow",
                    "HANDLER_DELAY": WORK,
                    "HANDLER_TIMEOUT": WORK + 5,
                    "BATCH": 1,
                },
                "keda": {"enabled": True, "cooldownPeriod": COOLDOWN, "pollingInterval": 2},
            },
            "networkPolicy": {"enabled": True},
        },
        wait=False,
    )
    kube("rollout", "status", "statefulset/scaled-redis", "--timeout=120s")
    scaled.publish("first", {})
    assert kube.finished("first")
    yield scaled
    scaled.uninstall()


def backlog(scaled: Release) -> dict[str, int]:
    """Return every signal that KEDA watches."""
    asked = {
        "queue": ("LLEN", "message_queue"),
        "waiting": ("LLEN", "reliable_message_queue"),
        "leases": ("ZCARD", "{reliable_message_queue}:leases"),
        "stream": ("XLEN", "message_stream"),
    }
    return {name: int(scaled.redis(*command)) for name, command in asked.items()}


def gone(scaled: Release) -> bool:
    """Tell whether the Deployment is at zero; one that still ends may take a message with its last pop."""
    deployment = scaled.kube.get("deployment", f"{scaled.base}-subscriber")
    return not deployment["spec"]["replicas"] and not scaled.every_pod("subscriber")


@pytest.mark.parametrize("pattern", ["queue", "reliable-queue", "stream"])
def test_one_message_wakes_a_replica_and_work_in_flight_keeps_it(scaled: Release, kube: Kube, pattern: str) -> None:
    until(lambda: gone(scaled), "zero replicas at rest", seconds=180)
    job = f"one-{pattern}"
    scaled.publish(job, {"PATTERN": pattern})
    assert kube.finished(job)
    until(lambda: scaled.pods("subscriber"), "a replica", seconds=90)
    if pattern != "queue":  # what was popped from a list is in nobody's books
        until(lambda: sum(backlog(scaled).values()) == 1 and not backlog(scaled)["waiting"], "that it is in flight")
        before = scaled.names("subscriber")
        until(lambda: not any(backlog(scaled).values()), "that it is done", seconds=WORK + 30)
        assert scaled.names("subscriber") == before, "it went while work was in flight"
    until(lambda: gone(scaled), "zero replicas again", seconds=180)
    assert not any(backlog(scaled).values())


@pytest.mark.full
def test_more_cpu_brings_more_replicas(release: Callable[..., Release]) -> None:
    try:
        run("kubectl", "top", "node")
    except CommandError:
        pytest.skip("no metrics-server in this cluster")
    busy = release("busy")
    behavior = {"scaleUp": {"stabilizationWindowSeconds": 0}}
    busy.install(
        {
            "settings": {"PATTERN": "pubsub", "LOG_LEVEL": "error"},
            "publisher": {"settings": {"PUBLISH_RATE": 20000, "PUBLISH_BATCH": 500}},
            "subscriber": {
                "resources": {"requests": {"cpu": "20m"}},
                "autoscaling": {"enabled": True, "maxReplicas": 3, "cpuUtilization": 50, "behavior": behavior},
            },
        }
    )
    until(lambda: len(busy.pods("subscriber")) == 3, "three replicas", seconds=300)
    busy.uninstall()
