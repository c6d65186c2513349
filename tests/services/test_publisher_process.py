"""The publisher as a real process on a real server."""

from __future__ import annotations

import json
import re
import sys
from shlex import quote
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.eventually import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.conftest import Services

STAMP = r"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\] "
HELLO = "Hello from Python #1"


def sentences(lines: list[str]) -> list[str]:
    """Return the lines without their stamps, each of which must be right."""
    assert all(re.match(STAMP, line) for line in lines), lines
    return [re.sub(STAMP, "", line) for line in lines]


async def test_the_first_versions_lines(services: Services) -> None:
    publisher = services.start("publisher", PUBLISH_COUNT="1")
    assert await publisher.exit() == 0
    lines = sentences(publisher.lines)
    address = f"{services.server.node.host}:{services.server.node.port}"
    assert lines[:2] == ["Starting Python Publisher...", f"Connected to Redis at {address}"]
    assert sorted(lines[2:4]) == [
        f"Published to channel 'messages' (0 subscribers): {HELLO}",
        f"Pushed to queue 'message_queue' (length: 1): {HELLO}",
    ]
    assert lines[4:] == ["Python Publisher stopped (done)"]


async def test_every_destination_gets_the_same_messages(services: Services) -> None:
    publisher = services.start("publisher", PATTERN="all", PUBLISH_COUNT="3", PUBLISH_BATCH="2", SENDER="me")
    assert await publisher.exit() == 0
    async with services.server.client() as client:
        queue = await client.lrange("message_queue", 0, -1)
        assert queue == await client.lrange("reliable_message_queue", 0, -1)
        entries: Any = await client.xrange("message_stream")
    assert queue == [entry[b"data"] for _, entry in entries]
    messages = [json.loads(body) for body in queue]
    assert [message["count"] for message in messages] == [1, 2, 3]
    assert [message["sender"] for message in messages] == ["me"] * 3
    assert len({message["id"] for message in messages}) == 3
    text = "\n".join(publisher.lines)
    assert len(re.findall(r"Published to channel 'messages' \(0 subscribers\): Hello", text)) == 3
    assert len(re.findall(r"Published to channel 'sharded_messages' \(0 subscribers\): Hello", text)) == 3
    assert len(re.findall(r"Added to stream 'message_stream' \(ID: \d+-\d+\): Hello", text)) == 3


async def test_a_file_is_sent_line_by_line_and_ends_the_publisher(services: Services, tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_text("".join(f"line {number}\n" for number in range(1000)) + "\x1b[31mlast")
    publisher = services.start("publisher", PATTERN="queue", PUBLISH_INPUT=str(path), PUBLISH_INTERVAL="")
    assert await publisher.exit() == 0
    async with services.server.client() as client:
        bodies = [json.loads(body)["message"] for body in await client.lrange("message_queue", 0, -1)]
    assert bodies == [f"line {number}" for number in range(1000)] + ["\x1b[31mlast"]
    assert re.search(r"Pushed \d+ more messages to queue 'message_queue'", "\n".join(publisher.lines))


async def test_stdin_is_sent_as_it_comes(services: Services) -> None:
    publisher = services.fed("publisher", PATTERN="stream", PUBLISH_INPUT="-")
    publisher.write("one\ntwo\n")
    await publisher.line("): two")
    publisher.write("a\tb\n")
    await publisher.line("): a\\tb")
    publisher.close_input()
    assert await publisher.exit() == 0


async def test_sigterm_ends_it_while_it_waits_for_stdin(services: Services) -> None:
    publisher = services.fed("publisher", PUBLISH_INPUT="-")
    publisher.write("one\n")
    await publisher.line("): one")
    publisher.terminate()
    assert await publisher.exit() == 0
    assert publisher.lines[-1].endswith("Python Publisher stopped (SIGTERM)")


@pytest.mark.parametrize("signal", ["terminate", "interrupt"])
async def test_a_signal_ends_it_while_it_pauses(services: Services, signal: str) -> None:
    publisher = services.start("publisher", PUBLISH_INTERVAL="3600")
    await publisher.line("Pushed")
    getattr(publisher, signal)()
    assert await publisher.exit(timeout=5) == 0


async def test_redis_not_there_and_then_there(services: Services) -> None:
    services.server.server.kill()
    publisher = services.probed("publisher", PATTERN="both")
    await publisher.process.line("(trying again)")
    assert await publisher.alive()
    assert await publisher.readiness() == {
        "ready": False,
        "connected": False,
        "joined": False,
        "draining": False,
        "waiting_for": ["pubsub", "queue"],
    }
    await services.server.server.restart()
    await publisher.process.line(HELLO, nth=2)
    await eventually(publisher.ready)
    services.server.server.kill()
    await publisher.process.line("(trying again)", nth=2)
    assert not await publisher.ready()
    assert await publisher.alive()
    await services.server.server.restart()
    await publisher.process.line("Connected to Redis", nth=2)
    await eventually(publisher.ready)
    publisher.process.terminate()
    assert await publisher.process.exit() == 0
    state = [line for line in publisher.process.lines if "Connected" in line or "(trying again)" in line]
    assert len(state) == 4, state


async def test_it_gives_up_when_it_is_told_to(services: Services) -> None:
    services.server.server.kill()
    publisher = services.start("publisher", REDIS_GIVE_UP_AFTER="0.5")
    assert await publisher.exit() == 1
    assert publisher.lines[-1] == "publisher: Redis not reached within REDIS_GIVE_UP_AFTER: 0.5 s"


async def test_a_full_destination_is_waited_for(services: Services) -> None:
    publisher = services.start("publisher", PATTERN="queue", MAX_LENGTH="2", PUBLISH_COUNT="6", PUBLISH_BATCH="3")
    await publisher.line("MAX_LENGTH is 2")
    async with services.server.client() as client:
        await client.delete("message_queue")
    assert await publisher.exit() == 0


async def test_metrics_count_what_was_sent(services: Services) -> None:
    publisher = services.probed("publisher", PATTERN="queue", PUBLISH_INTERVAL="0.01")
    await publisher.process.line(HELLO)
    status, text = await publisher.ask("/metrics")
    assert status == 200
    families = {family.name: family.samples for family in text_string_to_metric_families(text)}
    sent = {sample.labels["error_type"]: sample.value for sample in families["messaging_client_sent_messages"]}
    assert sent[""] >= 1
    assert (sent["failed"], sent["unknown"]) == (0, 0)
    assert "messaging_client_operation_duration_seconds" in families


async def test_nobody_reads_its_output(services: Services) -> None:
    pipeline = services.shell(
        f"{quote(sys.executable)} -m publisher | head -n 3; echo ${{PIPESTATUS[0]}}",
        PATTERN="queue",
        PUBLISH_INTERVAL="0.01",
    )
    assert await pipeline.exit() == 0
    assert pipeline.lines[-1] == "0"
    assert len(pipeline.lines) == 4, pipeline


async def test_json_lines(services: Services) -> None:
    publisher = services.start("publisher", PATTERN="queue", PUBLISH_COUNT="1", LOG_FORMAT="json")
    assert await publisher.exit() == 0
    facts = [json.loads(line) for line in publisher.lines][2]
    assert (facts["level"], facts["destination"], facts["count"], facts["value"]) == ("info", "message_queue", 1, 1)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("service", ["publisher", "subscriber"])
async def test_an_idle_service_is_small(services: Services, service: str) -> None:
    idle = services.probed(service, PATTERN="all", PUBLISH_INTERVAL="3600")
    await eventually(idle.ready)
    assert (await idle.ask("/metrics"))[0] == 200
    with open(f"/proc/{idle.process.pid}/status", encoding="utf-8") as file:  # noqa: ASYNC230, PTH123 - a file of the kernel's
        kilobytes = int(re.findall(r"VmRSS:\s+(\d+) kB", file.read())[0])
    assert kilobytes <= 80 * 1024


async def test_a_destination_that_is_held_up_holds_up_no_other(services: Services) -> None:
    publisher = services.start("publisher", PATTERN="both", MAX_LENGTH="2", PUBLISH_INTERVAL="0.01")
    await publisher.line("MAX_LENGTH is 2")
    await publisher.line("Published to channel 'messages' (0 subscribers): Hello from Python #50")
    async with services.server.client() as client:
        assert [json.loads(body)["count"] for body in await client.lrange("message_queue", 0, -1)] == [1, 2]
        await client.delete("message_queue")
        await publisher.line("Pushed to queue 'message_queue' (length: 2): Hello from Python #4")
        assert [json.loads(body)["count"] for body in await client.lrange("message_queue", 0, -1)] == [3, 4]
    publisher.terminate()
    assert await publisher.exit() == 0
