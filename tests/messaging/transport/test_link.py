"""One connection that never retries and never lies about an outcome."""

from __future__ import annotations

import asyncio
from socket import create_connection
from threading import Event

import pytest

from lab.common.ports import free_port
from messaging.seam.errors import ConnectionLost, ServerRefused, WrongType
from messaging.transport.link import call
from messaging.transport.scripts import SCRIPTS
from messaging.transport.settings import RedisSettings
from tests.support.eventually import eventually
from tests.support.links import link_to, through
from tests.support.standalone import Standalone


async def test_replies_come_in_the_order_of_their_commands(standalone: Standalone, destination: str) -> None:
    async with link_to(standalone.settings, destination) as link:
        assert await link.many([("RPUSH", destination, b"a", 1), ("LPOP", destination), ("LLEN", destination)]) == [
            2,
            b"a",
            1,
        ]


async def test_an_error_stands_in_the_place_of_its_reply_and_the_others_stand_in_theirs(
    standalone: Standalone, destination: str
) -> None:
    async with link_to(standalone.settings, destination) as link:
        replies = await link.many([("SET", destination, 1), ("LPOP", destination), ("GET", destination)])
        assert [replies[0], replies[2]] == [b"OK", b"1"]
        assert isinstance(replies[1], WrongType)
        with pytest.raises(WrongType):
            await link.one(("LPOP", destination))
        assert link.connections == 1


async def test_an_unknown_script_is_run_by_its_source_and_known_from_then_on(standalone: Standalone) -> None:
    name = "reliable_renew"
    command = call(SCRIPTS[name], ["{none}:leases"], "batch", 1000)
    async with link_to(standalone.settings, "none") as link:
        await link.one(("SCRIPT", "FLUSH"))
        assert await link.many([command, ("PING",), command]) == [0, b"PONG", 0]
        assert await link.one(("SCRIPT", "EXISTS", SCRIPTS[name].sha)) == [1]


async def test_an_error_inside_a_script_is_the_servers_own(standalone: Standalone, destination: str) -> None:
    async with link_to(standalone.settings, destination) as link:
        await link.one(("SET", destination, "somebody's"))
        with pytest.raises(WrongType):
            await link.one(call(SCRIPTS["reliable_renew"], [destination], "batch", 1000))
        await link.one(("DEL", destination))


async def test_a_connection_that_the_server_closed_meanwhile_is_noticed_before_sending(
    standalone: Standalone, destination: str
) -> None:
    async with link_to(standalone.settings, destination) as link, link_to(standalone.settings, destination) as other:
        number = await link.one(("CLIENT", "ID"))
        assert await other.one(("CLIENT", "KILL", "ID", number)) == 1
        assert await link.one(("RPUSH", destination, "a")) == 1
        assert link.connections == 2


async def test_replies_before_the_loss_count_and_what_follows_is_unknown(
    standalone: Standalone, destination: str
) -> None:
    async with link_to(standalone.settings, destination) as link:
        push = ("RPUSH", destination, "a")
        *before, first, second = await link.many([push, ("QUIT",), push, push])
        assert before == [1, b"OK"]
        for lost in (first, second):
            assert isinstance(lost, ConnectionLost)
            assert lost.sent
        assert await link.one(("LLEN", destination)) == 1
        assert link.connections == 2


async def test_a_reply_that_came_while_the_process_stood_still_is_not_given_up(
    standalone: Standalone, destination: str
) -> None:
    async with link_to(standalone.settings, destination, timeout=1.0) as link:
        await link.open()
        popped = asyncio.create_task(link.one(("BLPOP", destination, 10)))
        await eventually(lambda: _is_blocked(standalone, destination), what="the blocked client")
        with create_connection((standalone.settings.host, standalone.settings.port)) as other:
            other.sendall(f"RPUSH {destination} a\r\n".encode())
            Event().wait(1.5)  # the whole loop stands still, as in a stopped process, beyond the link's time
        assert await popped == [destination.encode(), b"a"]
        assert await link.one(("LLEN", destination)) == 0
        assert link.connections == 1


async def test_a_reply_that_is_lost_leaves_the_outcome_unknown_and_nothing_is_sent_twice(
    standalone: Standalone, destination: str
) -> None:
    async with (
        standalone.proxy() as proxy,
        link_to(through(standalone.settings, proxy), destination, timeout=0.2) as link,
    ):
        await link.open()
        proxy.drop_replies()
        (lost,) = await link.many([("RPUSH", destination, "a")])
        assert isinstance(lost, ConnectionLost)
        assert lost.sent
        assert "timed out" in str(lost)
        await proxy.heal()
        assert await link.one(("LLEN", destination)) == 1
        assert link.connections == 2


async def test_a_connection_that_is_cut_while_waiting_leaves_the_outcome_unknown(
    standalone: Standalone, destination: str
) -> None:
    async with standalone.proxy() as proxy, link_to(through(standalone.settings, proxy), destination) as link:
        await link.open()
        proxy.drop_replies()
        waiting = asyncio.create_task(link.many([("RPUSH", destination, "a")]))
        await proxy.dropped()
        await proxy.cut()
        (lost,) = await waiting
        assert isinstance(lost, ConnectionLost)
        assert lost.sent
        (refused,) = await link.many([("RPUSH", destination, "b")])
        assert isinstance(refused, ConnectionLost)
        assert not refused.sent


async def test_a_late_reply_never_answers_the_next_request(standalone: Standalone, destination: str) -> None:
    async with (
        standalone.proxy() as proxy,
        link_to(through(standalone.settings, proxy), destination, timeout=0.2) as link,
    ):
        await link.open()
        proxy.delay(0.15)
        (late,) = await link.many([("RPUSH", destination, "late")])
        assert isinstance(late, ConnectionLost)
        proxy.delay(0.0)
        assert await link.one(("ECHO", "mine")) == b"mine"


async def test_a_blocking_command_may_take_its_time_beyond_the_timeout(
    standalone: Standalone, destination: str
) -> None:
    async with link_to(standalone.settings, destination, timeout=0.2) as link:
        assert await link.one(("BLPOP", destination, 0.4), wait=0.4) is None
        assert link.connections == 1


async def test_a_cancelled_request_leaves_no_reply_for_the_next(standalone: Standalone, destination: str) -> None:
    async with link_to(standalone.settings, destination) as link:
        waiting = asyncio.create_task(link.one(("BLPOP", destination, 30), wait=30))
        while not waiting.done() and not await _is_blocked(standalone, destination):
            pass
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await link.one(("ECHO", "mine")) == b"mine"


async def _is_blocked(standalone: Standalone, destination: str) -> bool:
    async with link_to(standalone.settings, destination) as other:
        clients = (await other.one(("CLIENT", "LIST"))).decode().splitlines()
        return any(" cmd=blpop " in client and " flags=b " in client for client in clients)


async def test_two_tasks_take_turns(standalone: Standalone, destination: str) -> None:
    async with link_to(standalone.settings, destination) as link:
        words = [f"word {number}" for number in range(50)]
        assert await asyncio.gather(*(link.one(("ECHO", word)) for word in words)) == [word.encode() for word in words]
        assert link.connections == 1


async def test_a_port_where_nobody_listens_is_certainly_not_sent() -> None:
    async with link_to(RedisSettings(host="127.0.0.1", port=free_port()), "any") as link:
        replies = await link.many([("PING",), ("PING",)])
        assert [type(reply) for reply in replies] == [ConnectionLost] * 2
        assert not any(reply.sent for reply in replies)
        with pytest.raises(ConnectionLost, match=r"127\.0\.0\.1"):
            await link.open()
        assert link.connections == 0


async def test_a_server_that_does_not_answer_the_greeting_is_given_up_in_time(standalone: Standalone) -> None:
    async with standalone.proxy() as proxy:
        proxy.stall()
        async with link_to(through(standalone.settings, proxy), "any", connect_timeout=0.2) as link:
            with pytest.raises(ConnectionLost) as lost:
                await link.open()
            assert not lost.value.sent


async def test_a_command_that_the_server_does_not_know_says_that_it_is_too_old(standalone: Standalone) -> None:
    async with link_to(standalone.settings, "any") as link:
        with pytest.raises(ServerRefused, match=r"Redis 7\.0 or Valkey 7\.2"):
            await link.one(("NOSUCHCOMMAND",))


async def test_closing_twice_is_no_error_and_a_closed_link_connects_again(standalone: Standalone) -> None:
    async with link_to(standalone.settings, "any") as link:
        await link.aclose()
        assert await link.one(("PING",)) == b"PONG"
        await link.aclose()
        await link.aclose()
        assert await link.one(("PING",)) == b"PONG"
        assert link.connections == 2
