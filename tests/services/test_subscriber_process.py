"""The subscriber as a real process on a real server."""

from __future__ import annotations

import json
import re
import sys
from shlex import quote
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

from messaging.patterns import PATTERNS
from tests.support.eventually import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.conftest import Services

LINE = re.compile(
    r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] \[(?P<sender>.*?)\] (?P<body>.*) "
    r"\(ID: (?P<id>.*)\) \[Received #(?P<number>\d+) from (?P<source>[a-z-]+)(, delivery \d+)?\]"
)


def received(lines: list[str]) -> list[re.Match[str]]:
    return [match for line in lines if (match := LINE.fullmatch(line))]


async def test_messages_flow_from_the_publisher_by_every_pattern(services: Services) -> None:
    subscriber = services.probed("subscriber", PATTERN="all")
    await eventually(subscriber.ready)
    publisher = services.start("publisher", PATTERN="all", PUBLISH_COUNT="3")
    assert await publisher.exit() == 0
    matches = await eventually(lambda: found if len(found := received(subscriber.process.lines)) >= 15 else [])
    assert [match["number"] for match in matches] == [str(number) for number in range(1, 16)]
    for kind in PATTERNS.values():
        mine = [match for match in matches if match["source"] == kind.source]
        assert [match["body"] for match in mine] == [f"Hello from Python #{n}" for n in (1, 2, 3)]
    assert len({match["id"] for match in matches}) == 3
    assert {match["sender"] for match in matches} == {"python-publisher"}
    assert sum("(1 subscribers)" in line for line in publisher.lines) == 6
    subscriber.process.terminate()
    assert await subscriber.process.exit() == 0


async def test_metrics_count_what_was_received(services: Services) -> None:
    subscriber = services.probed("subscriber", PATTERN="stream")
    assert await services.start("publisher", PATTERN="stream", PUBLISH_COUNT="3").exit() == 0
    await subscriber.process.line("[Received #3 from stream]")

    async def processed() -> bool:
        families = text_string_to_metric_families((await subscriber.ask("/metrics"))[1])
        values = {sample.name: sample.value for family in families for sample in family.samples}
        names = ("messaging_client_consumed_messages_total", "messaging_redis_processed_messages_total")
        return [values.get(name) for name in names] == [3.0, 3.0]

    await eventually(processed)


async def test_a_source_that_cannot_be_joined_does_not_stop_the_others(services: Services) -> None:
    async with services.server.client() as client:
        await client.set("message_queue", "another program's")
        subscriber = services.probed("subscriber", PATTERN="queue,stream")
        await services.start("publisher", PATTERN="stream", PUBLISH_COUNT="1").exit()
        await subscriber.process.line("[Received #1 from stream]")
        line = await subscriber.process.line("queue: WRONGTYPE")
        assert "choose another name for the destination or delete the key" in line
        assert (await subscriber.readiness())["waiting_for"] == ["queue"]
        await client.delete("message_queue")
    await subscriber.process.line("queue: works again")
    await eventually(subscriber.ready)


async def test_redis_goes_away_and_comes_back(services: Services) -> None:
    subscriber = services.probed("subscriber", PATTERN="all")
    await eventually(subscriber.ready)
    services.server.server.kill()
    await subscriber.process.line("(trying again)")
    assert not await subscriber.ready()
    assert await subscriber.alive()
    await services.server.server.restart()
    await eventually(subscriber.ready)
    assert await services.start("publisher", PATTERN="all", PUBLISH_COUNT="1").exit() == 0
    await subscriber.process.line("[Received #5 from ")


async def test_sigterm_finishes_what_is_in_hand(services: Services) -> None:
    settings = {"PATTERN": "queue", "HANDLER": "subscriber.handlers:slow", "HANDLER_DELAY": "0.02"}
    assert await services.start("publisher", PATTERN="queue", PUBLISH_COUNT="200", PUBLISH_BATCH="200").exit() == 0
    subscriber = services.start("subscriber", **settings)
    await subscriber.line("Received #3 ")
    subscriber.terminate()
    assert await subscriber.exit() == 0
    async with services.server.client() as client:
        left = await client.llen("message_queue")
    assert len(received(subscriber.lines)) + left == 200
    assert left > 0
    assert subscriber.lines[-1].endswith("Python Subscriber stopped (SIGTERM)")


async def test_what_takes_longer_than_the_grace_is_handed_back(services: Services) -> None:
    settings = {"HANDLER": "subscriber.handlers:slow", "HANDLER_DELAY": "60", "PATTERN": "reliable-queue"}
    assert await services.start("publisher", PATTERN="reliable-queue", PUBLISH_COUNT="1").exit() == 0
    subscriber = services.start("subscriber", **settings, SHUTDOWN_GRACE="2", HANDLER_TIMEOUT="2")
    async with services.server.client() as client:
        await eventually(lambda: client.zcard("{reliable_message_queue}:leases"))
        subscriber.terminate()
        assert await subscriber.exit() == 0
    heir = services.start("subscriber", PATTERN="reliable-queue")
    await heir.line("[Received #1 from reliable-queue")


async def test_a_second_signal_ends_it_at_once(services: Services) -> None:
    settings = {"HANDLER": "subscriber.handlers:slow", "HANDLER_DELAY": "60", "PATTERN": "reliable-queue"}
    assert await services.start("publisher", PATTERN="reliable-queue", PUBLISH_COUNT="1").exit() == 0
    subscriber = services.probed("subscriber", **settings)
    async with services.server.client() as client:
        await eventually(lambda: client.zcard("{reliable_message_queue}:leases"))
    subscriber.process.terminate()

    async def draining() -> bool:
        return (await subscriber.readiness()).get("draining") is True

    await eventually(draining)
    subscriber.process.terminate()
    assert await subscriber.process.exit(timeout=3) == 128 + 15


async def test_a_handler_of_the_current_folder_is_found(services: Services, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "async def handle(deliveries):\n    print('mine:', deliveries[0].message.message, flush=True)\n"
    )
    # -P: as the installed command, which does not look into the current folder by itself.
    command = f"cd {quote(str(tmp_path))} && exec {quote(sys.executable)} -P -m subscriber"
    subscriber = services.shell(command, PATTERN="queue", HANDLER="mine:handle")
    assert await services.start("publisher", PATTERN="queue", PUBLISH_COUNT="1").exit() == 0
    await subscriber.line("mine: Hello from Python #1")


async def test_what_is_no_message_is_told_and_the_next_one_comes(services: Services) -> None:
    subscriber = services.start("subscriber", PATTERN="queue")
    async with services.server.client() as client:
        await client.rpush("message_queue", b"\xff\x00no json", "[]")
        line = await subscriber.line("Not a message, from queue (9 bytes): not JSON")
        assert line.isprintable()
        await subscriber.line("Not a message, from queue (2 bytes)")
        assert await client.xlen("dead_letters:{message_queue}") == 2
    assert await services.start("publisher", PATTERN="queue", PUBLISH_COUNT="1").exit() == 0
    await subscriber.line("[Received #1 from queue]")


async def test_json_lines(services: Services) -> None:
    subscriber = services.start("subscriber", PATTERN="queue", LOG_FORMAT="json")
    assert await services.start("publisher", PATTERN="queue", PUBLISH_COUNT="1").exit() == 0
    facts = json.loads(await subscriber.line("Received #1"))
    assert (facts["source"], facts["sender"], facts["number"]) == ("queue", "python-publisher", 1)


async def test_a_flood_is_summed_up(services: Services) -> None:
    subscriber = services.start("subscriber", PATTERN="queue", LOG_RATE="5")
    settings = {"PUBLISH_BATCH": "1000", "PUBLISH_INTERVAL": "0", "PUBLISH_COUNT": "3000"}
    assert await services.start("publisher", PATTERN="queue", **settings).exit() == 0
    await subscriber.line("[#3000 in all]")
    assert len(received(subscriber.lines)) <= 5
    sums = re.findall(r"Received (\d+) more messages from queue", "\n".join(subscriber.lines))
    assert sum(map(int, sums)) >= 2995
