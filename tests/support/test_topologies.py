"""Each topology on each server, open, with a password, and with a user over TLS."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError
from redis.exceptions import ConnectionError as RedisConnectionError

from tests.support.cluster import ClusterTopology, run_cluster
from tests.support.node import Access
from tests.support.sentinel import run_sentinel
from tests.support.servers import ServerBinary
from tests.support.standalone import Standalone, run_standalone
from tests.support.tls import Certificates, make_certificates
from tests.support.topology import Topology


class Run(Protocol):
    """Runs a topology."""

    def __call__(
        self, binary: ServerBinary, *, access: Access | None = None
    ) -> AbstractAsyncContextManager[Topology]: ...


@pytest.fixture
def password() -> Access:
    return Access(None, 'pass "word"')


@pytest.fixture
def user_and_tls(certificates: Certificates) -> Access:
    return Access("orders", "secret", certificates)


async def test_what_is_written_can_be_read(topology: Topology, destination: str) -> None:
    async with topology.client() as client:
        await client.set(destination, "here")
        assert await client.get(destination) == b"here"


@pytest.mark.parametrize(
    ("run", "way"),
    [
        (run_standalone, "password"),
        (run_standalone, "user_and_tls"),
        (run_sentinel, "password"),
        (run_cluster, "user_and_tls"),
    ],
)
async def test_only_who_knows_the_way_gets_in(
    run: Run, way: str, server_binary: ServerBinary, request: pytest.FixtureRequest
) -> None:
    access: Access = request.getfixturevalue(way)
    async with run(server_binary, access=access) as topology:
        async with topology.client() as client:
            await client.set("key", "here")
            assert await client.get("key") == b"here"
        for node in topology.all_nodes:
            stranger = Redis(host=node.host, port=node.port, retry=Retry(NoBackoff(), 0))
            with pytest.raises((AuthenticationError, RedisConnectionError)):
                await stranger.ping()
            await stranger.aclose()


async def test_tls_asks_for_a_certificate_of_the_right_authority(
    server_binary: ServerBinary, certificates: Certificates, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = make_certificates(tmp_path_factory.mktemp("stranger"))
    access = Access(certificates=certificates)
    async with run_standalone(server_binary, access=access) as topology:
        node = topology.node
        for files in ({"ssl_ca_certs": other.ca}, {"ssl_ca_certs": certificates.ca}):
            client = Redis(
                host=node.host,
                port=node.port,
                ssl=True,
                ssl_certfile=str(other.client),
                ssl_keyfile=str(other.client_key),
                retry=Retry(NoBackoff(), 0),
                **{name: str(path) for name, path in files.items()},  # type: ignore[arg-type]
            )
            with pytest.raises((RedisConnectionError, ssl.SSLError)):
                await client.ping()
            await client.aclose()


async def test_a_failover_keeps_what_was_written_and_the_old_primary_comes_back(
    server_binary: ServerBinary, user_and_tls: Access
) -> None:
    async with run_sentinel(server_binary, access=user_and_tls) as topology:
        async with topology.client() as client:
            await client.set("key", "here")
            assert await client.execute_command("WAIT", 1, 5000) == 1  # type: ignore[no-untyped-call]
        old = await topology.primary()
        new = await topology.failover()
        assert new is not old
        assert await topology.primary() is new
        async with topology.client() as client:
            assert await client.get("key") == b"here"
        await topology.rejoin(old)


async def test_a_cluster_spreads_keys_and_survives_a_restart(embedded_binary: ServerBinary) -> None:
    async with run_cluster(embedded_binary, options={"appendonly": "yes"}) as topology:
        keys = [f"key-{index}" for index in range(50)]
        async with topology.client() as client:
            for key in keys:
                await client.set(key, "here")
        owners = {key: await topology.owner(key) for key in keys}
        assert len(set(owners.values())) == 3
        for key, node in owners.items():
            assert await node.execute("GET", key) == b"here"
        first = topology.nodes[0]
        first.server.kill()
        await first.server.restart()
        await topology.formed()
        async with topology.client() as client:
            assert [await client.get(key) for key in keys] == [b"here"] * len(keys)


async def test_the_settings_say_where_the_servers_are(
    topology: Topology, standalone: Standalone, cluster: ClusterTopology
) -> None:
    settings = topology.settings
    assert bool(settings.sentinel) == (topology.kind == "sentinel")
    assert settings.cluster == (topology.kind == "cluster")
    assert standalone.settings.port == standalone.server.port
    assert cluster.environment["REDIS_CLUSTER"] == "true"


def test_names_are_unique(unique: Callable[[str], str], destination: str) -> None:
    assert unique("orders") != unique("orders")
    assert destination.startswith("destination_test_names_are_unique_")
