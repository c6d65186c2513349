"""The rights that docs/protocol.md grants are enough, and none of them is too much."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from pydantic import SecretStr

from messaging import PATTERNS, History, Keep, Options, RedisBroker, Unknown
from messaging.dead_letters import DeadLetters
from messaging.seam import keys
from messaging.seam.errors import MessagingError, NotPermitted
from tests.docs.exercise import OPTIONS, consume, message, publish, subscribe
from tests.docs.rights import documented, rules_for
from tests.support.cluster import run_cluster
from tests.support.own import flush
from tests.support.sentinel import run_sentinel
from tests.support.standalone import Standalone, run_standalone

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

    from tests.support.node import Node
    from tests.support.servers import ServerBinary
    from tests.support.topology import Topology

USER = {"username": "role", "password": SecretStr("secret"), "timeout": 0.5}
ROLES = [(pattern, role) for pattern in PATTERNS for role in ("publisher", "subscriber")]
KEPT = [pattern for pattern, kind in PATTERNS.items() if kind.guarantee.persistent]
TIDYING = "+xgroup|delconsumer"  # its lack refuses nothing: the consumer's name stays behind


@pytest_asyncio.fixture(loop_scope="function")
async def own(server_binary: ServerBinary) -> AsyncIterator[Standalone]:
    """Give a server with users of its own."""
    async with run_standalone(server_binary) as server:
        yield server


async def grant(nodes: Iterable[Node], rules: Sequence[str]) -> None:
    """Make the user, who may do just this."""
    for node in nodes:
        await node.execute("ACL SETUSER", "role", "reset", "on", ">secret", *rules)


def as_user(server: Topology, **settings: object) -> RedisBroker:
    """Return the user's way in."""
    return RedisBroker(server.settings.model_copy(update=USER | settings))


async def exercise(server: Standalone, pattern: str, role: str) -> None:
    """Do all that the role does, on an empty server."""
    await flush(server)
    if role == "publisher":
        return await publish(as_user(server), pattern)
    feeder = RedisBroker(server.settings).publisher(pattern, OPTIONS)
    try:
        await feeder.open()
        if PATTERNS[pattern].guarantee.fan_out:
            await subscribe(as_user(server), pattern, feeder)
        else:
            await consume(as_user(server), pattern, feeder, server.node)
    finally:
        await feeder.aclose()


async def has_xackdel(server: Standalone) -> bool:
    return bool(await server.node.execute("COMMAND DOCS", "XACKDEL"))


def test_every_role_is_documented() -> None:
    assert {(row.meant, row.role) for row in documented()} >= set(ROLES)


@pytest.mark.parametrize(("pattern", "role"), ROLES)
async def test_the_documented_rights_are_enough_and_each_is_needed(own: Standalone, pattern: str, role: str) -> None:
    rules = rules_for(pattern, role, xackdel=await has_xackdel(own))
    await grant([own.node], rules)
    await exercise(own, pattern, role)
    for rule in rules:
        await grant([own.node], [other for other in rules if other != rule])
        assert await fails(own, pattern, role, AssertionError if rule == TIDYING else NotPermitted), (
            f"{rule} is not needed"
        )


async def fails(server: Standalone, pattern: str, role: str, error: type[Exception]) -> bool:
    """Tell whether the exercise ends with this error."""
    try:
        await exercise(server, pattern, role)
    except error:
        return True
    return False


@pytest.mark.parametrize("writes", [False, True], ids=["page", "page-writer"])
@pytest.mark.parametrize("pattern", KEPT)
async def test_the_pages_rights_are_enough_and_each_is_needed(own: Standalone, pattern: str, writes: bool) -> None:  # noqa: FBT001
    rules = rules_for(pattern, "page")
    rules += rules_for(pattern, "page-writer", alone=True) if writes else []
    await grant([own.node], rules)
    await look(own, pattern, replay=writes)
    for rule in rules:
        await grant([own.node], [other for other in rules if other != rule])
        with pytest.raises(NotPermitted):
            await look(own, pattern, replay=writes)


async def look(server: Standalone, pattern: str, *, replay: bool) -> None:
    """Do with a dead letter all that the live page and the lab do; raises what the server refuses."""
    await flush(server)
    destination = PATTERNS[pattern].destination
    await server.node.execute("XADD", keys.dead_letters(destination), "7-0", "origin", destination, "body", "{}")
    place = DeadLetters(server.settings.model_copy(update=USER), pattern)
    try:
        assert [letter.entry async for letter in place.letters()] == ["7-0"]
        assert (await place.latest(1)).count == 1
        if replay:
            assert await place.replay("7-0")
            size = "XLEN" if pattern == "stream" else "LLEN"
            assert await server.node.execute(size, destination) == 1
            assert not await place.replay("7-0")
    finally:
        await place.aclose()


async def test_the_rights_to_a_history_are_enough_and_each_is_needed(own: Standalone) -> None:
    rules = rules_for("stream", "history")
    await grant([own.node], rules)
    await replay(own)
    for rule in rules:
        await grant([own.node], [other for other in rules if other != rule])
        with pytest.raises(NotPermitted):
            await replay(own)


async def replay(server: Standalone) -> None:
    """Do with a stream all that one can do with a history; raises what the server refuses."""
    await flush(server)
    await server.node.execute("SCRIPT FLUSH")
    await server.node.execute("XADD", PATTERNS["stream"].destination, "7-0", keys.STREAM_FIELD, "{}")
    history = History(server.settings.model_copy(update=USER))
    try:
        assert [kept.entry async for kept in history.entries()] == ["7-0"]
        assert (await history.replay("again")).waiting == 1
        assert await history.drop("again")
    finally:
        await history.aclose()


async def test_keeping_takes_a_right(own: Standalone) -> None:
    rules = rules_for("stream", "subscriber")
    await grant([own.node], rules)
    with pytest.raises(NotPermitted):
        await keep(own)
    await grant([own.node], [*rules, *rules_for("STREAM_KEEP", "subscriber", alone=True)])
    await keep(own)


async def keep(server: Standalone) -> None:
    """Consume a stream that keeps one message of two; raises what the server refuses."""
    await flush(server)
    options = replace(OPTIONS, keep=Keep(messages=1))
    feeder, consumer = RedisBroker(server.settings).publisher("stream"), as_user(server).consumer("stream", options)
    try:
        await feeder.open()
        await consumer.open()
        await feeder.publish([message(1), message(2)])
        while not len(batch := await consumer.receive(2)):
            pass
        await consumer.settle(batch)
        assert await server.node.execute("XLEN", PATTERNS["stream"].destination) == 1
    finally:
        await feeder.aclose()
        await consumer.aclose()


@pytest.mark.parametrize(
    ("setting", "options"),
    [("PUBLISH_WAIT", Options(wait_replicas=1)), ("PUBLISH_WAIT_FSYNC", Options(wait_fsync=True))],
)
async def test_waiting_takes_a_right(embedded_binary: ServerBinary, setting: str, options: Options) -> None:
    async with run_standalone(embedded_binary, options={"appendonly": "yes"}) as server:
        without = rules_for("queue", "publisher")
        await grant([server.node], without)
        assert isinstance(await _doubt(server, options), NotPermitted)
        await grant([server.node], [*without, *rules_for(setting, "publisher", alone=True)])
        assert not isinstance(await _doubt(server, options), NotPermitted)


async def _doubt(server: Standalone, options: Options) -> MessagingError | None:
    """Return what made the outcome of a publish unknown, None when it is acknowledged."""
    publisher = as_user(server).publisher("queue", replace(options, wait_timeout=0.1))
    try:
        (outcome,) = await publisher.publish([message()])
    finally:
        await publisher.aclose()
    return outcome.error if isinstance(outcome, Unknown) else None


async def test_a_database_takes_a_right(own: Standalone) -> None:
    rules = rules_for("queue", "publisher")
    await grant([own.node], rules)
    with pytest.raises(NotPermitted):
        await publish(as_user(own, db=1), "queue")
    await grant([own.node], [*rules, *rules_for("REDIS_DB", "connection", alone=True)])
    await publish(as_user(own, db=1), "queue")


async def test_a_cluster_takes_rights(embedded_binary: ServerBinary) -> None:
    rules = rules_for("queue", "publisher")
    more = rules_for("REDIS_CLUSTER", "connection", alone=True)
    async with run_cluster(embedded_binary) as cluster:
        for rule in more:
            await grant(cluster.nodes, [*rules, *(other for other in more if other != rule)])
            with pytest.raises(MessagingError):
                await publish(as_user(cluster), "queue")
        await grant(cluster.nodes, [*rules, *more])
        await publish(as_user(cluster), "queue")


async def test_the_sentinels_have_users_of_their_own(embedded_binary: ServerBinary) -> None:
    rules = rules_for("REDIS_SENTINEL", "connection", alone=True)
    async with run_sentinel(embedded_binary) as watched:
        sentinels = [node for node in watched.all_nodes if node not in watched.nodes]
        await grant(watched.nodes, rules_for("queue", "publisher"))
        access = {"sentinel_username": USER["username"], "sentinel_password": USER["password"]}
        for rule in rules:
            await grant(sentinels, [other for other in rules if other != rule])
            with pytest.raises(NotPermitted):
                await publish(as_user(watched, **access), "queue")
        await grant(sentinels, rules)
        await publish(as_user(watched, **access), "queue")
