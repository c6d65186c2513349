"""A process that forks (gunicorn, multiprocessing): ids and connections are each process's own."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.standalone import Standalone

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


async def test_after_a_fork_each_process_has_ids_and_connections_of_its_own(
    standalone: Standalone, destination: str
) -> None:
    command = [sys.executable, "-c", FORKS, str(standalone.node.port), destination, f"{destination}:channel"]
    ended = await asyncio.to_thread(
        subprocess.run, command, check=False, capture_output=True, encoding="utf-8", timeout=30
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    (child, of_child), (parent, of_parent) = (line.split() for line in ended.stdout.splitlines())
    assert child != parent
    assert of_child == of_parent
    async with standalone.client() as client:
        assert await client.llen(destination) == 3
