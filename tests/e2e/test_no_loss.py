"""Scaling down and rolling restarts under load lose nothing where the pattern promises so, by the lab's ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from lab.evidence.numbering import Numbering
from lab.evidence.reading import LedgerReader
from lab.evidence.residue import Residue
from lab.verdict.evidence import gather
from lab.verdict.finding import Finding
from lab.verdict.judge import Conditions, Verdict, judge
from messaging import PATTERNS, RedisSettings
from tests.e2e.forward import forward
from tests.e2e.kube import Kube, until
from tests.e2e.release import Release

MESSAGES = 6000
RATE = 300
KEPT = ["reliable-queue", "stream"]


@pytest.fixture(scope="module")
def demo(kube: Kube, release: Callable[..., Release]) -> Release:
    """Install both services with a ledger, five subscribers that take a moment for each message, and no load yet."""
    kube.pod("ledger", "redis:8", ["redis-server", "--save", "", "--protected-mode", "no", "--dir", "/tmp"])  # noqa: S108
    ledger = [{"name": "LEDGER_URL", "value": "redis://ledger:6379"}]
    demo = release("demo")
    demo.install(
        {
            "settings": {"PATTERN": ",".join(KEPT), "LEDGER_RUN": "e2e"},
            "publisher": {"replicas": 0, "extraEnv": ledger},
            "subscriber": {
                "extraEnv": ledger,
                "settings": {"HANDLER": "subscriber.handlers:slow", "HANDLER_DELAY": 0.002, "LEASE": 10},
            },
        }
    )
    demo.scale("subscriber", 5)
    return demo


def verdicts(kube: Kube) -> dict[str, Verdict]:
    """Read what the services recorded, and judge it: everything has been consumed by now."""

    async def read(port: int) -> dict[str, Verdict]:
        reader = LedgerReader(RedisSettings(host="127.0.0.1", port=port), "e2e")
        try:
            while await reader.refresh():
                pass
        finally:
            await reader.aclose()
        ledger, numbering = reader.ledger, Numbering()
        conditions = Conditions(rested=True, complete=not ledger.missing)
        return {
            pattern: judge(
                pattern,
                PATTERNS[pattern].guarantee,
                gather(ledger, history, Residue(), numbering),
                conditions,
            )
            for pattern, history in ledger.histories.items()
        }

    with forward(kube.namespace, "pod/ledger", 6379) as port:
        return asyncio.run(read(port))


def test_scaling_down_and_a_rolling_restart_under_load_lose_nothing(kube: Kube, demo: Release) -> None:
    demo.publish("load", {"PUBLISH_COUNT": MESSAGES, "PUBLISH_RATE": RATE, "PUBLISH_BATCH": 10, "PUBLISH_INTERVAL": 0})
    until(lambda: sum(sum(each.values()) for each in demo.processed().values()) > RATE, "that load flows")
    demo.scale("subscriber", 1)
    kube("rollout", "restart", "deployment/demo-subscriber")
    kube("rollout", "status", "deployment/demo-subscriber", "--timeout=120s")
    demo.scale("subscriber", 3)
    kube("rollout", "restart", "deployment/demo-subscriber")
    assert not kube.get("job", "load").get("status", {}).get("succeeded"), "the load ended before the restarts did"
    assert kube.finished("load")
    kept = [
        ("LLEN", "reliable_message_queue"),
        ("LLEN", "{reliable_message_queue}:woken"),
        ("ZCARD", "{reliable_message_queue}:leases"),
        ("XLEN", "message_stream"),
    ]
    until(lambda: [demo.redis(*each) for each in kept] == ["0"] * len(kept), "rest", seconds=120)
    assert demo.redis("EXISTS", "dead_letters:{reliable_message_queue}", "dead_letters:{message_stream}") == "0"
    found = verdicts(kube)
    assert sorted(found) == sorted(KEPT)
    for pattern, verdict in found.items():
        assert verdict.finding is Finding.HELD, (pattern, verdict.reasons)
        assert verdict.due == MESSAGES, pattern
        assert verdict.total("lost") == 0, pattern
