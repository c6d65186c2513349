"""The way in that the README shows: install, look, scale, upgrade, test, uninstall."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from lab.verdict.fairness import fairness
from tests.e2e.kube import CommandError, Kube, until
from tests.e2e.release import Release

MESSAGES = 2000
PATTERNS = ["pubsub", "sharded-pubsub", "queue", "reliable-queue", "stream"]


@pytest.fixture(scope="module")
def demo(release: Callable[..., Release]) -> Release:
    """Install with nothing but the defaults."""
    demo: Release = release("demo")
    demo.install()
    return demo


def log_of(demo: Release, component: str) -> str:
    """Return all that a component has written so far."""
    selector = f"app.kubernetes.io/instance=demo,app.kubernetes.io/component={component}"
    return demo.kube("logs", "--selector", selector, "--prefix", "--tail=-1")


def said(demo: Release, words: str) -> bool:
    """Tell whether these words are in the subscribers' log."""
    return words in log_of(demo, "subscriber")


def test_both_services_get_ready_and_messages_flow(demo: Release) -> None:
    assert len(demo.pods("publisher")) == len(demo.pods("subscriber")) == 1
    for words in ("from pub-sub]", "from queue]"):
        until(partial(said, demo, words), f"a message {words}")
    published = log_of(demo, "publisher")
    assert "Published to channel 'messages' (1 subscribers): Hello from Python #" in published
    assert "Pushed to queue 'message_queue' (length: 1): Hello from Python #" in published


def test_the_round_trip_comes_back(demo: Release) -> None:
    demo.test()


def test_an_upgrade_with_a_setting_rolls_who_reads_it_and_takes_effect(demo: Release) -> None:
    redis = demo.kube.get("pod", "demo-redis-0")["metadata"]["uid"]
    publisher, subscriber = demo.names("publisher"), demo.names("subscriber")
    demo.upgrade({"publisher": {"settings": {"PUBLISH_INTERVAL": 0.05}}})
    until(lambda: demo.names("publisher") and demo.names("publisher") != publisher, "a new publisher")
    assert demo.names("subscriber") == subscriber
    assert demo.kube.get("pod", "demo-redis-0")["metadata"]["uid"] == redis
    until(lambda: log_of(demo, "publisher").count("\n") > 100, "a hundred lines, which took minutes before")


def test_a_shared_setting_rolls_both(demo: Release) -> None:
    before = {*demo.names("publisher"), *demo.names("subscriber")}
    demo.upgrade({"settings": {"PATTERN": "all", "LOG_FORMAT": "json"}, "publisher": {"replicas": 0}})
    demo.expect("publisher", 0)
    assert not before & set(demo.names("subscriber"))
    until(lambda: '"level": "info"' in log_of(demo, "subscriber"), "JSON in the log")
    demo.test()


def test_five_replicas_share_the_queues_and_all_hear_the_channels(demo: Release) -> None:
    demo.scale("subscriber", 5)
    before = demo.processed()
    demo.publish("load", {"PUBLISH_COUNT": MESSAGES, "PUBLISH_RATE": 400, "PUBLISH_BATCH": 10})
    assert demo.kube.finished("load")

    def shares() -> dict[str, dict[str, int]]:
        return {
            pattern: {pod: count - before[pattern][pod] for pod, count in counts.items()}
            for pattern, counts in demo.processed().items()
        }

    def rested() -> dict[str, dict[str, int]] | None:
        now = shares()
        queues = [sum(now[pattern].values()) == MESSAGES for pattern in PATTERNS[2:]]
        return now if all(queues) else None

    now = until(rested, "all messages")
    for pattern in PATTERNS[:2]:
        assert now[pattern] == dict.fromkeys(now[pattern], MESSAGES)
        assert len(now[pattern]) == 5
    for pattern, least in {"queue": 0.95, "reliable-queue": 0.8, "stream": 0.8}.items():
        assert fairness(list(now[pattern].values())).jain >= least, (pattern, now[pattern])


def test_an_upgrade_keeps_what_was_scaled(demo: Release) -> None:
    passwords = demo.kube.get("secret", "demo-redis-users")["data"]
    demo.upgrade({"settings": {"PATTERN": "all", "LOG_RATE": 0}, "publisher": {"replicas": 0}})
    demo.expect("subscriber", 5)
    assert demo.kube.get("secret", "demo-redis-users")["data"] == passwords


def test_a_killed_redis_restarts_nobody_and_brings_back_what_it_had(demo: Release) -> None:
    demo.upgrade({"settings": {"PATTERN": "all"}, "publisher": {"replicas": 0}, "subscriber": {"replicas": 1}})
    demo.expect("subscriber", 1)
    demo.scale("subscriber", 0)
    demo.publish("kept", {"PUBLISH_COUNT": 100, "PUBLISH_INTERVAL": 0, "PATTERN": "queue,reliable-queue,stream"})
    assert demo.kube.finished("kept")
    demo.redis("WAITAOF", "1", "0", "2000")
    demo.kube("delete", "pod", "demo-redis-0", "--grace-period=0", "--force")
    lengths = [("LLEN", "message_queue"), ("LLEN", "reliable_message_queue"), ("XLEN", "message_stream")]
    until(lambda: [demo.redis(*each) for each in lengths] == ["100", "100", "100"], "what was kept")
    demo.scale("subscriber", 1)
    until(lambda: [demo.redis(*each) for each in lengths] == ["0", "0", "0"], "that it is consumed")
    (pod,) = demo.names("subscriber")
    demo.kube("delete", "pod", "demo-redis-0", "--grace-period=0", "--force")
    until(lambda: not demo.names("subscriber"), "that the subscriber is not ready", seconds=30)
    until(lambda: demo.names("subscriber") == [pod], "that it is ready again")
    (status,) = demo.pods("subscriber")[0]["status"]["containerStatuses"]
    assert status["restartCount"] == 0
    demo.test()


def test_a_round_trip_that_cannot_come_back_says_why(demo: Release) -> None:
    secret = demo.kube.get("secret", "demo-redis-users")
    right = secret["data"]["test-password"]
    demo.kube("patch", "secret", "demo-redis-users", "--patch", '{"data": {"test-password": "d3Jvbmc="}}')
    with pytest.raises(CommandError, match="WRONGPASS"):
        demo.test()
    demo.kube("patch", "secret", "demo-redis-users", "--patch", f'{{"data": {{"test-password": "{right}"}}}}')


def test_uninstalling_leaves_nothing_but_the_volume(demo: Release, kube: Kube) -> None:
    demo.uninstall()
    kinds = "all,configmap,secret,serviceaccount,networkpolicy,poddisruptionbudget,persistentvolumeclaim"
    kube(
        "delete", "jobs", "load", "kept", "demo-round-trip", "--ignore-not-found"
    )  # the test's own, and one that failed
    until(lambda: _left(kube, kinds) == ["persistentvolumeclaim/data-demo-redis-0"], "that nothing else is left")


def _left(kube: Kube, kinds: str) -> list[str]:
    names = kube("get", kinds, "--output", "name").split()
    return sorted(name for name in names if name not in {"configmap/kube-root-ca.crt", "serviceaccount/default"})
