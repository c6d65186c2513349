"""Dead letters: listed, sent again in one step, dropped."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio
from redis.asyncio import Redis

from lab.embedded import EmbeddedServer
from messaging.seam import keys
from tests.support.processes import Processes

BODY = b'{"id":"one","timestamp":"2026-01-31T10:30:15.123456Z","message":"m","sender":"s","count":1}'


@pytest_asyncio.fixture
async def server() -> AsyncIterator[EmbeddedServer]:
    async with EmbeddedServer() as server:
        yield server


async def bury(client: Redis, destination: str, body: bytes) -> str:
    fields: dict[Any, Any] = {
        "origin": destination,
        "reason": "rejected",
        "error": "no",
        "deliveries": "2",
        "first": "1",
        "last": "2",
    }
    entry = await client.xadd(keys.dead_letters(destination), fields | {"body": body})
    return os.fsdecode(entry)


async def run(processes: Processes, server: EmbeddedServer, *arguments: str) -> tuple[int, list[str]]:
    settings = {"REDIS_HOST": server.host, "REDIS_PORT": str(server.port)}
    process = processes.start("lab", *arguments, environment=settings)
    return await process.exit(), process.lines


async def test_listed_replayed_and_dropped(processes: Processes, server: EmbeddedServer) -> None:
    async with Redis(host=server.host, port=server.port) as client:
        first = await bury(client, keys.QUEUE, BODY)
        second = await bury(client, keys.STREAM, BODY.replace(b"one", b"two"))
        bad = await bury(client, keys.STREAM, b"no message")
        code, lines = await run(processes, server, "dead-letters", "list")
        assert code == 0
        assert [line.split()[:3] for line in lines[:2]] == [[first, "one", keys.QUEUE], [second, "two", keys.STREAM]]
        assert "rejected after 2 deliveries: no" in lines[0]
        assert (await run(processes, server, "dead-letters", "replay", "one"))[0] == 0
        assert await client.lrange(keys.QUEUE, 0, -1) == [BODY]
        assert await client.xlen(keys.dead_letters(keys.QUEUE)) == 0
        assert (await run(processes, server, "dead-letters", "replay", second))[0] == 0
        rows = await client.xrange(keys.STREAM) or []
        assert [fields for _, fields in rows] == [{keys.STREAM_FIELD.encode(): BODY.replace(b"one", b"two")}]
        assert (await run(processes, server, "dead-letters", "drop", "all"))[0] == 0
        assert await client.xlen(keys.dead_letters(keys.STREAM)) == 0
        code, lines = await run(processes, server, "dead-letters", "drop", bad)
        assert (code, lines) == (1, [f"lab: no dead letter {bad}"])


async def test_settings_of_the_services_are_nobodys_business(processes: Processes, server: EmbeddedServer) -> None:
    wrong = {"PUBLISH_INPUT": "/nowhere", "BATCH": "many", "PUBLSH_RATE": "1", "PATTERN": "stram"}
    given = {"REDIS_URL": f"redis://{server.host}:{server.port}", "DESTINATION_QUEUE": "orders:{eu}"} | wrong
    async with Redis(host=server.host, port=server.port) as client:
        await bury(client, "orders:{eu}", BODY)
        listed = processes.start("lab", "dead-letters", "list", environment=given)
        assert await listed.exit() == 0, listed
        assert [line.split()[2] for line in listed.lines] == ["orders:{eu}"]
        await client.rpush("orders:{eu}", BODY)
        found = processes.start("lab", "find", "one", "--runs", "/nowhere", environment=given)
        assert await found.exit() == 0, found
        assert found.lines[0] == "queue: in Redis at orders:{eu}, waiting or in a consumer's hands"


async def test_a_server_that_cannot_be_used_is_named(processes: Processes) -> None:
    given = {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": "many"}
    process = processes.start("lab", "dead-letters", "list", environment=given)
    assert await process.exit() == 2
    assert "REDIS_PORT=many" in process.lines[-1]


async def test_found_where_it_is(processes: Processes, server: EmbeddedServer, tmp_path: Path) -> None:
    async with Redis(host=server.host, port=server.port) as client:
        await bury(client, keys.QUEUE, BODY)
        await client.rpush(keys.RELIABLE_QUEUE, BODY)
        code, lines = await run(processes, server, "find", "one", "--runs", str(tmp_path))
        assert code == 0
        assert lines[0] == f"reliable-queue: in Redis at {keys.RELIABLE_QUEUE}, waiting or in a consumer's hands"
        assert lines[1].startswith("dead letter ")
