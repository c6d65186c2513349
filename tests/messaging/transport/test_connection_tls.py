"""One side speaks TLS and the other does not: the error names REDIS_TLS."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from lab.common.ports import free_port
from messaging import Options, RedisBroker, opened
from messaging.seam.errors import ConnectionLost
from messaging.transport.settings import RedisSettings
from tests.support.cluster import run_cluster
from tests.support.node import Access
from tests.support.sentinel import run_sentinel
from tests.support.servers import ServerBinary
from tests.support.standalone import run_standalone
from tests.support.tls import Certificates
from tests.support.topology import Topology

OPTIONS = Options(connect_timeout=2, timeout=1)


async def refusal(settings: RedisSettings, pattern: str) -> str:
    """Return the words in which a consumer cannot be opened."""
    with pytest.raises(ConnectionLost) as lost:
        async with opened(RedisBroker(settings).consumer(pattern, OPTIONS)):
            pass
    assert not lost.value.sent
    return str(lost.value)


@pytest.mark.parametrize("pattern", ["pubsub", "queue"])
async def test_a_plain_client_of_a_server_that_speaks_tls(
    server_binary: ServerBinary, certificates: Certificates, pattern: str
) -> None:
    async with run_standalone(server_binary, access=Access(certificates=certificates)) as server:
        settings = RedisSettings(host=server.node.host, port=server.node.port)
        assert (await refusal(settings, pattern)).endswith("; if the server speaks TLS, set REDIS_TLS=true")


@pytest.mark.parametrize("pattern", ["pubsub", "queue"])
async def test_a_tls_client_of_a_plain_server(server_binary: ServerBinary, pattern: str) -> None:
    async with run_standalone(server_binary) as server:
        settings = RedisSettings(host=server.node.host, port=server.node.port, tls=True)
        assert (await refusal(settings, pattern)).endswith("; if the server speaks no TLS, set REDIS_TLS=false")


@pytest.mark.parametrize("run", [run_sentinel, run_cluster])
async def test_a_plain_client_of_sentinels_or_a_cluster_that_speak_tls(
    embedded_binary: ServerBinary, certificates: Certificates, run: Callable[..., AbstractAsyncContextManager[Topology]]
) -> None:
    async with run(embedded_binary, access=Access(certificates=certificates)) as servers:
        plain = {"tls": False, "tls_ca": None, "tls_cert": None, "tls_key": None}
        told = await refusal(servers.settings.model_copy(update=plain), "queue")
    assert told.endswith("; if the server speaks TLS, set REDIS_TLS=true")
    assert len(told) < 300


@pytest.mark.parametrize("run", [run_sentinel, run_cluster])
async def test_a_tls_client_of_plain_sentinels_or_a_plain_cluster(
    embedded_binary: ServerBinary, run: Callable[..., AbstractAsyncContextManager[Topology]]
) -> None:
    async with run(embedded_binary) as servers:
        told = await refusal(servers.settings.model_copy(update={"tls": True}), "queue")
    assert told.endswith("; if the server speaks no TLS, set REDIS_TLS=false")


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
async def test_where_no_server_is_tls_is_not_the_matter(tls: bool) -> None:  # noqa: FBT001
    assert "REDIS_TLS" not in await refusal(RedisSettings(host="127.0.0.1", port=free_port(), tls=tls), "queue")
