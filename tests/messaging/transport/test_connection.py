"""Three topologies: a connection goes to the server that may write the key, authenticated and named."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from lab.common.ports import free_port
from messaging.seam.errors import ConnectionLost
from messaging.transport.connection import CLIENT_NAME, topology
from messaging.transport.link import Link
from messaging.transport.settings import RedisSettings
from tests.support.cluster import ClusterTopology
from tests.support.links import link_to
from tests.support.sentinel import SentinelTopology
from tests.support.servers import ServerBinary
from tests.support.standalone import Standalone, run_standalone
from tests.support.topology import Topology


async def port_of(link: Link) -> int:
    """Return the port of the server at the other end."""
    return int((await link.one(("CONFIG", "GET", "port")))[1])


async def test_the_server_at_the_other_end_may_write_the_key(topology: Topology, destination: str) -> None:
    async with link_to(topology.settings, destination) as link:
        assert await link.one(("RPUSH", destination, "a")) == 1
        assert await link.one(("DEL", destination)) == 1


async def test_connections_can_be_told_from_others_at_the_server(topology: Topology, destination: str) -> None:
    async with link_to(topology.settings, destination) as link:
        assert await link.one(("CLIENT", "GETNAME")) == CLIENT_NAME.encode()


async def test_standalone_is_the_address_in_the_settings(standalone: Standalone) -> None:
    async with link_to(standalone.settings, "any") as link:
        assert await port_of(link) == standalone.server.port
    assert topology(standalone.settings).address == f"127.0.0.1:{standalone.node.port}"


async def test_sentinels_lead_to_the_primary(sentinel: SentinelTopology) -> None:
    primary = await sentinel.primary()
    async with link_to(sentinel.settings, "any") as link:
        assert await port_of(link) == primary.server.port
    assert "mymaster" in topology(sentinel.settings).address


async def test_one_sentinel_that_answers_is_enough(sentinel: SentinelTopology) -> None:
    gone = f"127.0.0.1:{free_port()}"
    settings = sentinel.settings.model_copy(update={"sentinel": f"{gone}, {sentinel.settings.sentinel}"})
    async with link_to(settings, "any") as link:
        assert await link.one(("PING",)) == b"PONG"


async def test_no_sentinel_that_answers_is_a_lost_connection(sentinel: SentinelTopology) -> None:
    settings = sentinel.settings.model_copy(update={"sentinel": f"127.0.0.1:{free_port()}"})
    async with link_to(settings, "any") as link:
        with pytest.raises(ConnectionLost) as lost:
            await link.open()
        assert not lost.value.sent


async def test_a_primary_that_no_sentinel_knows_is_told_by_its_name(sentinel: SentinelTopology) -> None:
    settings = sentinel.settings.model_copy(update={"sentinel_master": "nobody"})
    async with link_to(settings, "any") as link:
        with pytest.raises(ConnectionLost, match=r"no Sentinel knows a primary 'nobody' that is up$"):
            await link.open()


async def test_a_password_that_the_sentinels_refuse_is_told_by_its_own_name(sentinel: SentinelTopology) -> None:
    settings = sentinel.settings.model_copy(update={"sentinel_password": SecretStr("wrong")})
    async with link_to(settings, "any") as link:
        with pytest.raises(ConnectionLost, match=r"; check REDIS_SENTINEL_USERNAME and REDIS_SENTINEL_PASSWORD$"):
            await link.open()


@pytest.mark.parametrize("key", ["a", "b", "c", "orders:{eu}", "žluť"])
async def test_a_cluster_leads_to_the_owner_of_the_keys_slot(cluster: ClusterTopology, key: str) -> None:
    owner = await cluster.owner(key)
    async with link_to(cluster.settings, key) as link:
        assert await port_of(link) == owner.server.port


async def test_a_cluster_that_is_not_there_is_a_lost_connection() -> None:
    settings = RedisSettings(host="127.0.0.1", port=free_port(), cluster=True)
    async with link_to(settings, "any") as link:
        with pytest.raises(ConnectionLost) as lost:
            await link.open()
        assert not lost.value.sent


async def test_a_server_that_is_no_cluster_is_told(standalone: Standalone) -> None:
    settings = standalone.settings.model_copy(update={"cluster": True})
    async with link_to(settings, "any") as link:
        with pytest.raises(ConnectionLost, match=r"(?i)cluster"):
            await link.open()


async def test_another_database_is_chosen(embedded_binary: ServerBinary) -> None:
    async with run_standalone(embedded_binary) as own:
        async with link_to(own.settings.model_copy(update={"db": 3}), "any") as link:
            await link.one(("SET", "here", "3"))
        async with link_to(own.settings, "any") as link:
            assert await link.one(("GET", "here")) is None


async def test_closing_leaves_no_connection_behind(embedded_binary: ServerBinary) -> None:
    async with run_standalone(embedded_binary) as own:
        async with link_to(own.settings, "any") as link:
            await link.open()
        async with link_to(own.settings, "any") as link:
            clients = (await link.one(("CLIENT", "LIST"))).decode().splitlines()
            assert [f"name={CLIENT_NAME} " in client for client in clients] == [True]
