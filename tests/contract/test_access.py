"""The same patterns over TLS with a client's certificate, and as a user with a password."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import pytest
import pytest_asyncio

from messaging import ACK, PATTERNS, MessagingError, RedisBroker, RedisSettings, Retry
from messaging.seam.errors import AccessDenied, ConnectionLost
from tests.support.cluster import run_cluster
from tests.support.messages import counts
from tests.support.node import Access
from tests.support.places import ServerPlace
from tests.support.scene import Scene, collect, something
from tests.support.sentinel import run_sentinel
from tests.support.servers import ServerBinary
from tests.support.standalone import run_standalone
from tests.support.tls import Certificates
from tests.support.topology import Topology

PASSWORD = 'p ä"ss#word'  # noqa: S105 - every character that some file or URL might trip over


@pytest.fixture
def access(certificates: Certificates) -> Access:
    """Give everything at once: TLS both ways, a user, a password."""
    return Access("worker", PASSWORD, certificates)


async def _plays(topology: Topology, destination: str) -> None:
    """Let every pattern publish, receive, retry and settle."""
    place = ServerPlace(topology.settings.model_copy(update={"timeout": 20.0, "connect_timeout": 20.0}))
    scenes = [Scene(kind, place, f"{destination}_{kind.name}") for kind in PATTERNS.values()]
    try:
        await asyncio.gather(*(_play(scene) for scene in scenes))
    finally:
        for scene in scenes:
            await scene.aclose()


async def _play(scene: Scene) -> None:
    consumer = await scene.consumer(retry_delay=0.0, lease=0.5)
    await scene.publish(20, "x" * 5_000)
    assert counts(await collect(consumer, 20)) == [*range(1, 21)]
    await scene.publish(1)
    batch = await something(consumer)
    if scene.guarantee.redelivers:
        await consumer.settle(batch, [Retry("once more")])
        batch = await something(consumer)
    await consumer.settle(batch, [ACK])
    assert await scene.remains() == {}


async def test_every_pattern_works_over_tls_as_a_user(
    server_binary: ServerBinary, access: Access, destination: str
) -> None:
    async with run_standalone(server_binary, access=access) as topology:
        await _plays(topology, destination)


@pytest.mark.parametrize("run", [run_sentinel, run_cluster])
async def test_every_pattern_works_over_tls_as_a_user_in_other_topologies(
    run: type[AbstractAsyncContextManager[Topology]],
    embedded_binary: ServerBinary,
    access: Access,
    destination: str,
) -> None:
    async with run(embedded_binary, access=access) as topology:  # type: ignore[call-arg]
        await _plays(topology, destination)


@pytest_asyncio.fixture
async def guarded(embedded_binary: ServerBinary, access: Access) -> AsyncIterator[Topology]:
    """Give a server that lets in nobody without a certificate, a name and a password."""
    async with run_standalone(embedded_binary, access=access) as topology:
        yield topology


@pytest.mark.parametrize(
    ("change", "expected", "words"),
    [
        ({"password": "wrong"}, AccessDenied, "REDIS_PASSWORD"),
        ({"username": "nobody"}, AccessDenied, "REDIS_USERNAME"),
        ({"password": "", "username": ""}, AccessDenied, "REDIS_PASSWORD"),
        ({"tls_ca": None}, ConnectionLost, "REDIS_TLS_CA"),
        ({"tls_cert": None, "tls_key": None}, ConnectionLost, "no answer"),
        ({"tls": False, "tls_ca": None, "tls_cert": None, "tls_key": None}, ConnectionLost, "no answer"),
    ],
    ids=["password", "user", "nobody", "authority", "certificate", "no TLS"],
)
async def test_each_way_of_being_kept_out_says_what_to_mend(
    guarded: Topology, change: dict[str, object], expected: type[MessagingError], words: str
) -> None:
    settings = RedisSettings.model_validate(
        guarded.settings.model_dump() | {"timeout": 2.0, "connect_timeout": 2.0} | change
    )
    for name in PATTERNS:
        for opening in (RedisBroker(settings).publisher(name), RedisBroker(settings).consumer(name)):
            with pytest.raises(expected, match=words):
                await opening.open()
            await opening.aclose()
