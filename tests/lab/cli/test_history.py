"""`lab history`: what a stream keeps is listed, found, and replayed by a subscriber of a group of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from messaging import Keep, Options, RedisBroker, RedisSettings, opened
from tests.support.messages import Author
from tests.support.processes import Processes
from tests.support.scene import collect
from tests.support.servers import ServerBinary
from tests.support.standalone import run_standalone

KEEP = {"STREAM_KEEP": "1h"}


@pytest_asyncio.fixture
async def server(embedded_binary: ServerBinary) -> AsyncIterator[RedisSettings]:
    """Give a server whose stream keeps three messages that are done."""
    async with run_standalone(embedded_binary) as server:
        broker, options = RedisBroker(server.settings), Options(keep=Keep.parse(KEEP["STREAM_KEEP"]))
        async with opened(broker.publisher("stream", options)) as publisher:
            await publisher.publish(Author().write(3))
        async with opened(broker.consumer("stream", options)) as consumer:
            await collect(consumer, 3)
        yield server.settings


async def run(processes: Processes, server: RedisSettings, *arguments: str) -> tuple[int, list[str]]:
    process = processes.start("lab", *arguments, environment=reach(server))
    return await process.exit(), process.lines


def reach(server: RedisSettings) -> dict[str, str]:
    return {"REDIS_HOST": server.host, "REDIS_PORT": str(server.port)}


async def test_listed_found_and_replayed(processes: Processes, server: RedisSettings) -> None:
    code, lines = await run(processes, server, "history", "list")
    assert (code, len(lines)) == (0, 3)
    second, message_id = lines[1].split()[0], lines[1].split()[3]
    assert await run(processes, server, "history", "list", "--since", second) == (0, lines[1:])
    assert len((await run(processes, server, "history", "list", "--since", "15m"))[1]) == 3
    assert (await run(processes, server, "history", "list", "--since", "2999-01-31T10:30Z")) == (0, [])
    code, found = await run(processes, server, "find", message_id, "--runs", "/nowhere")
    assert (code, found) == (0, [f"stream: in Redis at message_stream as {second}, done by subscribers"])
    code, told = await run(processes, server, "history", "replay", "audit", "--since", second)
    assert (code, told[0]) == (0, "2 messages of message_stream wait for the group audit: start subscribers with")
    settings = {"PATTERN": "stream", "STREAM_GROUP": "audit"}
    subscriber = processes.start("subscriber", environment=reach(server) | KEEP | settings)
    await subscriber.line("hello", nth=2)
    subscriber.terminate()
    assert await subscriber.exit() == 0
    assert (await run(processes, server, "history", "drop", "audit"))[0] == 0
    assert (await run(processes, server, "history", "drop", "audit"))[0] == 1


@pytest.mark.parametrize(
    ("arguments", "mend"),
    [
        (("list", "--since", "yesterday"), "--since yesterday: give an entry's id, a time"),
        (("list", "--since", "99999d"), "--since 99999d: give an entry's id, a time"),
        (("replay", "subscribers"), "choose another name, or drop the group"),
        (("drop", "subscribers"), "subscribers is the services' own group (STREAM_GROUP)"),
    ],
)
async def test_what_cannot_be_done_is_one_line(
    processes: Processes, server: RedisSettings, arguments: tuple[str, ...], mend: str
) -> None:
    code, lines = await run(processes, server, "history", *arguments)
    assert (code, len(lines)) == (2, 1)
    assert mend in lines[0]
