"""A server that is reached by a Unix domain socket."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import quote

import pytest

from messaging import PATTERNS, Acknowledged, Options, RedisBroker, opened
from messaging.seam.errors import ConnectionLost
from messaging.transport.settings import RedisSettings
from tests.support.links import link_to
from tests.support.messages import counts, written
from tests.support.node import Access
from tests.support.servers import ServerBinary
from tests.support.standalone import run_standalone

PASSWORD = "a b@c"  # noqa: S105 - of a server that lives for a test


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a path that is no plain word."""
    return tmp_path / "my rédis.sock"


@pytest.mark.parametrize("pattern", PATTERNS)
async def test_every_pattern_works_over_a_socket(embedded_binary: ServerBinary, path: Path, pattern: str) -> None:
    access = Access(username="me", password=PASSWORD)
    options = {"unixsocket": f'"{path}"'}
    async with run_standalone(embedded_binary, access=access, options=options):
        settings = RedisSettings(url=f"unix://me:{quote(PASSWORD)}@{quote(str(path))}?db=0")
        broker = RedisBroker(settings)
        assert broker.address == str(path)
        async with (
            opened(broker.consumer(pattern, Options(block=5))) as consumer,
            opened(broker.publisher(pattern)) as publisher,
        ):
            outcomes = await publisher.publish(written(3))
            assert [type(outcome) for outcome in outcomes] == [Acknowledged] * 3
            received: list[int] = []
            while len(received) < 3:
                batch = await consumer.receive(10)
                received += counts(batch)
                await consumer.settle(batch)
            assert received == [1, 2, 3]


async def test_a_socket_that_is_not_there_is_a_lost_connection_with_its_path(path: Path) -> None:
    settings = RedisSettings(url=f"unix://{quote(str(path))}")
    async with link_to(settings, "any") as link:
        with pytest.raises(ConnectionLost) as lost:
            await link.open()
    assert str(lost.value) == (
        f"no answer from Redis at {path}: no socket that this user may use: "
        "start its server, or mend the path in REDIS_URL (of a ledger: LEDGER_URL), or its mode"
    )


async def test_a_server_that_hangs_up_on_a_socket_is_not_asked_for_tls(path: Path) -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with (
        await asyncio.start_unix_server(hang_up, path),
        link_to(RedisSettings(url=f"unix://{quote(str(path))}"), "any") as link,
    ):
        with pytest.raises(ConnectionLost) as lost:
            await link.open()
    assert "REDIS_TLS" not in str(lost.value)
