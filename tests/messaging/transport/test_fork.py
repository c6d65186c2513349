"""A process that forks (gunicorn, multiprocessing): ids and connections are each process's own."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from messaging import Options, RedisBroker, opened
from tests.support.messages import written
from tests.support.node import Access
from tests.support.standalone import Standalone, run_standalone

if TYPE_CHECKING:
    from tests.support.servers import ServerBinary
    from tests.support.tls import Certificates

# A program of its own: a test's process has threads, and must not fork.
FORKS = """
import asyncio, os, sys
from datetime import UTC, datetime
from messaging import Acknowledged, Life, Message, Options, RedisBroker, RedisSettings, opened

life, known = Life(), Life("00000000-0000-8000-8000-")
broker = RedisBroker(RedisSettings(host="127.0.0.1", port=int(sys.argv[1])))
queue, channel = (Options(destination=name, block=0.05, timeout=2) for name in sys.argv[2:4])


def message(count):
    return Message(life.id_of(count), datetime.now(UTC), "hello", f"process {os.getpid()}", count)


async def publish(publisher, count):
    assert isinstance((await publisher.publish([message(count)]))[0], Acknowledged)


async def receive(consumer, count):
    batch = await consumer.receive(10)
    assert [delivery.message.count for delivery in batch.deliveries] == [count], batch


async def in_child(publisher, consumer):
    await publish(publisher, 2)
    await consumer.open()
    async with opened(broker.publisher("pubsub", channel)) as sender:
        await publish(sender, 3)
    await receive(consumer, 3)
    await publisher.aclose()
    await consumer.aclose()


async def main():
    async with (
        opened(broker.publisher("queue", queue)) as publisher,
        opened(broker.consumer("pubsub", channel)) as consumer,
    ):
        await publish(publisher, 1)
        child = os.fork()
        if not child:
            print(life.prefix, known.prefix, flush=True)
            try:
                asyncio.run(in_child(publisher, consumer))
            except BaseException as error:
                print(repr(error), file=sys.stderr, flush=True)
                os._exit(1)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        print(life.prefix, known.prefix, flush=True)
        await publish(publisher, 4)
        await receive(consumer, 3)


asyncio.run(main())
"""


# On the event loop of asyncio, whose epoll parent and child share; uvloop opens its own after a fork.
DROPS = """
import asyncio, gc, os, sys
from datetime import UTC, datetime
from messaging import Acknowledged, Life, Message, Options, RedisBroker, RedisSettings

broker = RedisBroker(RedisSettings.model_validate_json(sys.argv[1]))


async def publish(publisher, count):
    message = Message(Life().id_of(count), datetime.now(UTC), "hello", "sender", count)
    assert isinstance((await publisher.publish([message]))[0], Acknowledged)


async def drop(kept):
    kept.clear()
    gc.collect()
    await asyncio.sleep(0)  # what closing has scheduled runs


async def main():
    kept = [broker.publisher("queue", Options(destination=sys.argv[2], timeout=2))]
    await publish(kept[0], 1)
    child = os.fork()
    if not child:
        asyncio.run(drop(kept))
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    await publish(kept[0], 2)
    await kept[0].aclose()


asyncio.run(main())
"""
CLAIMS = """
import asyncio, os, sys
from messaging import Options, RedisBroker, RedisSettings, opened

broker = RedisBroker(RedisSettings.model_validate_json(sys.argv[1]))


async def claim(consumer):
    batch = await consumer.receive(1)
    print(*(delivery.message.count for delivery in batch.deliveries), flush=True)


async def main():
    async with opened(broker.consumer("reliable-queue", Options(destination=sys.argv[2], block=0.05))) as consumer:
        await claim(consumer)
        child = os.fork()
        if not child:
            asyncio.run(claim(consumer))
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        await claim(consumer)


asyncio.run(main())
"""


async def forked(program: str, *arguments: str) -> list[str]:
    """Run a program that forks and return its lines."""
    command = [sys.executable, "-c", program, *arguments]
    ended = await asyncio.to_thread(
        subprocess.run, command, check=False, capture_output=True, encoding="utf-8", timeout=30
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return ended.stdout.splitlines()


async def test_after_a_fork_each_process_has_ids_and_connections_of_its_own(
    standalone: Standalone, destination: str
) -> None:
    lines = await forked(FORKS, str(standalone.node.port), destination, f"{destination}:channel")
    (child, of_child), (parent, of_parent) = (line.split() for line in lines)
    assert child != parent
    assert of_child == of_parent
    async with standalone.client() as client:
        assert await client.llen(destination) == 3


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
async def test_a_connection_that_the_child_drops_stays_the_parents(
    embedded_binary: ServerBinary,
    certificates: Certificates,
    destination: str,
    tls: bool,  # noqa: FBT001
) -> None:
    access = Access(certificates=certificates if tls else None)
    async with run_standalone(embedded_binary, access=access) as server:
        assert await forked(DROPS, server.settings.model_dump_json(), destination) == []
        async with server.client() as client:
            assert await client.llen(destination) == 2


async def test_a_forked_consumer_claims_batches_of_its_own(standalone: Standalone, destination: str) -> None:
    settings = standalone.settings
    async with opened(RedisBroker(settings).publisher("reliable-queue", Options(destination=destination))) as sender:
        await sender.publish(written(3))
    assert await forked(CLAIMS, settings.model_dump_json(), destination) == ["1", "2", "3"]
