"""Who keeps subscribers alive on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lab.embedded import EmbeddedServer
from lab.place.ledger_server import LedgerServer
from lab.place.tested import embedded
from lab.run.experiment import Experiment
from lab.targets.local.crew import LocalCrew
from lab.targets.local.target import LocalTarget
from messaging.transport.settings import RedisSettings
from tests.support.eventually import eventually


@asynccontextmanager
async def scene() -> AsyncIterator[tuple[Experiment, LocalTarget]]:
    async with EmbeddedServer() as server, EmbeddedServer() as ledger, LocalTarget() as target:
        beside = LedgerServer.beside(RedisSettings(host=ledger.host, port=ledger.port))
        run = Experiment(embedded(server), beside, ["queue"])
        yield run, target
        await run.aclose()


async def test_they_are_mustered_renewed_relieved_recalled_scaled_and_replaced() -> None:
    async with scene() as (run, target):
        crew = LocalCrew(target, run.environment() | {"BLOCK": "0.5"}, 2, restart_seconds=0.1)
        await crew.muster()
        former = list(target.replicas("subscriber"))
        await crew.renew()
        new = list(target.replicas("subscriber"))
        assert len(new) == 2
        assert not set(new) & set(former)
        (relief,) = await crew.relieve({"HANDLER": "subscriber.handlers:slow"}, 1)
        assert set(target.replicas("subscriber")) == {new[0], relief}
        await crew.recall()
        assert relief not in target.replicas("subscriber")
        await crew.scale(3)
        assert len(target.replicas("subscriber")) == crew.wanted == 3
        await target.kill(new[0])
        await eventually(lambda: _looked_after(crew, target, 3))
        assert new[0] not in target.replicas("subscriber")


async def test_who_dies_meanwhile_is_not_waited_for() -> None:
    async with scene() as (run, target):
        crew = LocalCrew(target, run.environment() | {"BLOCK": "0.5"}, 2, restart_seconds=60)
        await crew.muster()
        first, second = target.replicas("subscriber")
        await target.pause(first)
        waiting = asyncio.ensure_future(crew.complete())
        await eventually(lambda: not waiting.done())
        await target.kill(first)
        await waiting
        assert target.replicas("subscriber") == [second]


async def _looked_after(crew: LocalCrew, target: LocalTarget, wanted: int) -> bool:
    await crew.look_after()
    return len(target.replicas("subscriber")) == wanted
