"""Each pattern at work on a real server, as its metrics tell it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from messaging import ACK, ConsumerLoop, Dead, Delivery, LoopOptions, Retry, Settlement
from messaging.telemetry import names
from messaging.telemetry.backlog import Levels
from messaging.telemetry.exposition import Exposition
from messaging.telemetry.measured import Observed
from messaging.telemetry.sources import Source
from tests.services.conftest import Services
from tests.support.eventually import eventually
from tests.support.promising import promising
from tests.telemetry.stage import Stage, arrival

if TYPE_CHECKING:
    from tests.support.processes import Processes
    from tests.support.standalone import Standalone

Figures = dict[tuple[str, str], float]


def read_page(text: str) -> Figures:
    """Return what Prometheus reads, by name and error.type."""
    return {
        (sample.name, sample.labels.get("error_type", "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if "le" not in sample.labels
    }


async def figures(loop: ConsumerLoop, pattern: str, levels: Levels) -> Figures:
    """Return a loop's figures as the page shows them."""
    source = Source(pattern, "here", names.OPERATION_RECEIVE, loop.counters, lambda: 0.0, lambda: True, levels)
    return read_page((await Exposition(Observed([source])).page()).decode())


async def judge(deliveries: Sequence[Delivery]) -> Sequence[Settlement]:
    """Finish the first message, give the second one back once, refuse the third."""
    said: list[Settlement] = []
    for delivery in deliveries:
        answers = {2: Retry("not now") if delivery.count == 1 else ACK, 3: Dead("never")}
        said.append(answers.get(delivery.message.count, ACK))
    return said


async def test_what_became_of_three_messages(stage: Stage, pattern: str) -> None:
    consumer = await stage.consumer()
    loop = ConsumerLoop(consumer, judge, stage.guarantee, LoopOptions())
    running = asyncio.ensure_future(loop.run())
    await stage.publish(3)
    again = stage.guarantee.redelivers
    await eventually(lambda: loop.counters.received == 3 + again and loop.counters.processed == 1 + again)
    loop.stop()
    await asyncio.wait_for(running, 10)
    found = await figures(loop, pattern, Levels(consumer, lambda: True))
    lost = 1 if again else 2  # nobody may have the second one again: it is lost like the third
    kept = stage.guarantee.persistent
    expected = {
        ("messaging_client_consumed_messages_total", ""): 3 + again,
        ("messaging_redis_processed_messages_total", ""): 1 + again,
        ("messaging_redis_failed_messages_total", ""): 2,
        ("messaging_redis_retried_messages_total", ""): int(again),
        ("messaging_redis_dead_lettered_messages_total", "settled"): lost if kept else 0,
        ("messaging_redis_dropped_messages_total", ""): 0 if kept else lost,
        ("messaging_process_duration_seconds_count", ""): 3 + again,
        ("messaging_redis_latency_seconds_count", ""): 3 + again,
        ("messaging_redis_stale_messages_total", ""): 0,
        ("messaging_redis_reclaimed_messages_total", ""): int(again),  # its lease was let run out
        ("messaging_redis_gap_messages_total", ""): 0,
        ("messaging_redis_reconnects_total", ""): 0,
        ("messaging_redis_ready", ""): 1,
    } | ({("messaging_redis_backlog", ""): 0} if kept else {})
    assert {name: found.get(name) for name in expected} == expected
    assert (("messaging_redis_backlog", "") in found) == kept
    assert found.get(("messaging_redis_pending", "")) == (0 if again else None)


@promising(redelivers=True)
async def test_what_was_taken_over_and_what_came_too_late(stage: Stage, pattern: str) -> None:
    """A consumer has one message in hand for longer than its lease, and does not renew it."""
    slow, other = await stage.consumer(lease=0.3, consumer="slow"), await stage.consumer(lease=0.3, consumer="other")
    await stage.publish(1)
    held = await arrival(slow)
    levels = Levels(await stage.plain_consumer(), lambda: True)
    loop = ConsumerLoop(other, judge, stage.guarantee, LoopOptions())
    pending = await figures(loop, pattern, levels)
    assert pending["messaging_redis_pending", ""] == 1
    assert 0 <= pending["messaging_redis_pending_age_seconds", ""] < 30
    running = asyncio.ensure_future(loop.run())
    await eventually(lambda: loop.counters.processed == 1)
    loop.stop()
    await asyncio.wait_for(running, 10)
    assert (await figures(loop, pattern, levels))["messaging_redis_reclaimed_messages_total", ""] == 1
    assert (await slow.settle(held)).stale == 1


@pytest.fixture
def services(server: Standalone, processes: Processes) -> Services:
    """Start services against the server."""
    return Services(server, processes)


async def test_how_long_the_end_takes(services: Services) -> None:
    settings = {"HANDLER": "subscriber.handlers:slow", "HANDLER_DELAY": "60", "PATTERN": "reliable-queue"}
    assert await services.start("publisher", PATTERN="reliable-queue", PUBLISH_COUNT="1").exit() == 0
    subscriber = services.probed("subscriber", **settings)
    async with services.server.client() as client:
        await eventually(lambda: client.zcard("{reliable_message_queue}:leases"))

    async def draining() -> float:
        page = read_page((await subscriber.ask("/metrics"))[1])
        return page["messaging_redis_drain_duration_seconds", ""]

    assert await draining() == 0
    subscriber.process.terminate()
    first = await eventually(draining)

    async def longer() -> bool:
        return await draining() > first

    await eventually(longer)
    subscriber.process.terminate()
    await subscriber.process.exit(timeout=5)
