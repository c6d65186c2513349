"""Bare loops: redis.asyncio, hiredis, uvloop, msgspec, the same Redis commands, and nothing else."""

from __future__ import annotations

from typing import Any

import msgspec
from redis.asyncio import Redis

from bench.workload import BATCH
from messaging import Message, RedisSettings
from messaging.seam import keys
from messaging.transport.scripts import SCRIPTS

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Message).decode


class Bare:
    """What all bare contestants share: a client, and a pipeline of one command a message."""

    command = ""

    def __init__(self, settings: RedisSettings, destination: str) -> None:
        """Work at one destination."""
        self.redis: Any = Redis(host=settings.host, port=settings.port, socket_timeout=None, protocol=2)
        self.destination = destination

    async def open(self) -> None:
        """Connect."""
        await self.redis.ping()

    async def publish(self, batches: list[list[Message]]) -> None:
        """One pipeline a batch."""
        for batch in batches:
            pipe = self.redis.pipeline(transaction=False)
            for message in batch:
                pipe.execute_command(self.command, self.destination, _encode(message))
            await pipe.execute()

    async def aclose(self) -> None:
        """Disconnect."""
        await self.redis.aclose()


class BareChannel(Bare):
    """PUBLISH, SUBSCRIBE."""

    command = "PUBLISH"

    async def open(self) -> None:
        """Subscribe, and wait for the confirmation."""
        self.pubsub: Any = self.redis.pubsub()
        await self._subscribe()
        await self.pubsub.get_message(timeout=5)

    async def _subscribe(self) -> None:
        await self.pubsub.subscribe(self.destination)

    async def consume(self, messages: int) -> None:
        """Take them one by one, as redis-py hands them out."""
        while messages:
            found = await self.pubsub.get_message(timeout=2)
            if found is not None:
                _decode(found["data"])
                messages -= 1

    async def aclose(self) -> None:
        """Disconnect."""
        await self.pubsub.aclose()
        await super().aclose()


class BareShardedChannel(BareChannel):
    """SPUBLISH, SSUBSCRIBE."""

    command = "SPUBLISH"

    async def _subscribe(self) -> None:
        await self.pubsub.ssubscribe(self.destination)


class BareList(Bare):
    """Variadic RPUSH, BLMPOP COUNT."""

    async def publish(self, batches: list[list[Message]]) -> None:
        """One RPUSH a batch."""
        for batch in batches:
            await self.redis.execute_command("RPUSH", self.destination, *map(_encode, batch))

    async def consume(self, messages: int) -> None:
        """Pop by the batch."""
        while messages:
            reply = await self.redis.execute_command("BLMPOP", 2, 1, self.destination, "LEFT", "COUNT", BATCH)
            for body in reply[1]:
                _decode(body)
            messages -= len(reply[1])


class BareReliableList(BareList):
    """The same scripts: settle and the next claim in one pipeline."""

    async def consume(self, messages: int) -> None:
        """Claim and settle by the batch."""
        name = self.destination
        leases, inflight, dead = keys.leases(name), keys.inflight(name), keys.dead_letters(name)
        held = (name, keys.woken(name), leases, inflight, dead)
        claim, settle = SCRIPTS["reliable_claim"], SCRIPTS["reliable_settle"]
        for script in (claim, settle):
            await self.redis.script_load(script.source)
        number = 0
        while messages:
            pipe: Any = self.redis.pipeline(transaction=False)
            pipe.evalsha(settle.sha, 3, leases, inflight, dead, f"bare.{number}", 5, name)
            number += 1
            pipe.evalsha(claim.sha, 5, *held, f"bare.{number}", BATCH, 1 << 22, 30000, 5, name)
            _, (_, _, *bodies) = await pipe.execute()
            for body in bodies:
                _decode(body)
            messages -= len(bodies)


class BareStream(Bare):
    """XADD by the pipeline; the same settle script and the next XREADGROUP in one pipeline."""

    async def open(self) -> None:
        """Make the group."""
        await self.redis.xgroup_create(self.destination, keys.GROUP, "0", mkstream=True)
        await self.redis.script_load(SCRIPTS["stream_settle"].source)

    async def publish(self, batches: list[list[Message]]) -> None:
        """One pipeline of XADDs a batch."""
        for batch in batches:
            pipe = self.redis.pipeline(transaction=False)
            for message in batch:
                pipe.execute_command("XADD", self.destination, "*", keys.STREAM_FIELD, _encode(message))
            await pipe.execute()

    async def consume(self, messages: int) -> None:
        """Read and settle by the batch."""
        both = (self.destination, keys.dead_letters(self.destination))
        read = ("XREADGROUP", "GROUP", keys.GROUP, "bare", "COUNT", BATCH, "BLOCK", 2000, "STREAMS", both[0], ">")
        settle = ("EVALSHA", SCRIPTS["stream_settle"].sha, 2, *both, keys.GROUP, "bare", 5, both[0], 30000, "trim")
        pipe: Any = self.redis.pipeline(transaction=False)
        pipe.execute_command(*read)
        while messages:
            entries = (await pipe.execute())[-1][0][1]
            for _, fields in entries:
                _decode(fields[keys.STREAM_FIELD.encode()])
            messages -= len(entries)
            pipe = self.redis.pipeline(transaction=False)
            ids = [part for entry_id, _ in entries for part in (entry_id, 1)]
            pipe.execute_command(*settle, len(entries), *ids)
            if messages:
                pipe.execute_command(*read)
        await pipe.execute()


BARE: dict[str, type[Bare]] = {
    "pubsub": BareChannel,
    "sharded-pubsub": BareShardedChannel,
    "queue": BareList,
    "reliable-queue": BareReliableList,
    "stream": BareStream,
}
"""The bare loop for each pattern."""
