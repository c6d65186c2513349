"""The client of docs/protocol.md, which is not ours, works together with the library."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from messaging import RedisBroker
from tests.docs.exercise import OPTIONS, send
from tests.docs.pages import blocks
from tests.support.eventually import eventually
from tests.support.standalone import Standalone, run_standalone

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from messaging import Batch
    from tests.support.processes import Processes
    from tests.support.servers import ServerBinary

RELIABLE = "reliable-queue"
Command = Callable[..., object]
"""The client's connection, which is called with the words of a command."""


@pytest_asyncio.fixture(loop_scope="function")
async def own(server_binary: ServerBinary) -> AsyncIterator[Standalone]:
    """Give a server of its own: the client speaks to the default names."""
    async with run_standalone(server_binary) as server:
        yield server


@pytest.fixture(scope="module")
def client() -> dict[str, Any]:
    """Give the names that the document's program defines."""
    (program,) = blocks("docs/protocol.md", "python")
    names: dict[str, Any] = {"__name__": "client"}
    exec(compile(program, "docs/protocol.md", "exec"), names)  # noqa: S102 - our own document
    return names


@pytest_asyncio.fixture(loop_scope="function")
async def redis(own: Standalone, client: dict[str, Any]) -> AsyncIterator[Any]:
    """Give the client's connection."""
    connection = await asyncio.to_thread(client["Redis"], own.node.port)
    yield connection
    connection.stream.close()
    connection.socket.close()


@pytest.fixture(scope="module")
def folder() -> Path:
    """Give the folder of the scripts."""
    return Path(str(resources.files("messaging.transport.scripts")))


async def received(server: Standalone, pattern: str) -> Batch:
    """Return what the library's consumer is given."""
    consumer = RedisBroker(server.settings).consumer(pattern, OPTIONS)
    try:
        await consumer.open()
        batch = await eventually(lambda: consumer.receive(10), what="a message")
        await consumer.settle(batch)
        return batch
    finally:
        await consumer.aclose()


async def published(server: Standalone, pattern: str, count: int) -> None:
    """Let the library publish."""
    publisher = RedisBroker(server.settings).publisher(pattern, OPTIONS)
    try:
        await publisher.open()
        await send(publisher, count)
    finally:
        await publisher.aclose()


@pytest.mark.parametrize(("pattern", "key"), [("queue", "message_queue"), (RELIABLE, "reliable_message_queue")])
async def test_the_library_consumes_what_the_client_publishes(
    own: Standalone, client: dict[str, Any], redis: Command, pattern: str, key: str
) -> None:
    assert await asyncio.to_thread(redis, "RPUSH", key, client["message"](7, "Grüße")) == 1
    (delivery,) = (await received(own, pattern)).deliveries
    assert (delivery.message.message, delivery.message.count) == ("Grüße", 7)


async def test_the_client_pops_what_the_library_publishes(
    own: Standalone, client: dict[str, Any], redis: Command
) -> None:
    await published(own, "queue", 3)
    assert [each["count"] for each in await asyncio.to_thread(client["from_queue"], redis)] == [1, 2, 3]


async def test_the_client_claims_and_settles(
    own: Standalone, client: dict[str, Any], redis: Command, folder: Path
) -> None:
    await published(own, RELIABLE, 3)

    async def do(name: str, *arguments: object) -> Any:  # noqa: ANN401 - whatever the program returns
        return await asyncio.to_thread(client[name], redis, folder, *arguments)

    first = await do("claim", "first")
    assert [each["count"] for each in first] == [1, 2, 3]
    assert await do("claim", "first") == first, "a repeated claim brings the same batch"
    assert await do("claim", "second") == []
    assert await do("settle", "first", 2) == [1, 0]
    assert await do("settle", "first") == [-1], "settled twice"
    (again,) = (await received(own, RELIABLE)).deliveries
    assert (again.message.count, again.count) == (2, 2)


async def test_the_program_runs_as_it_stands(
    own: Standalone, processes: Processes, folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "client.py"
    path.write_text(blocks("docs/protocol.md", "python")[0], encoding="utf-8")
    process = processes.command(sys.executable, str(path), str(own.node.port), str(folder))
    assert "Hello from a socket" in await process.line("[0, 0]")
    assert await process.exit() == 0
