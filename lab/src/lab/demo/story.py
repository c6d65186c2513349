"""The demo's plot: one subscriber, then three, then one is killed under load; then the verdict."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TypeVar

from lab.common.uninterrupted import uninterrupted
from lab.demo.display import Display
from lab.demo.explanations import Facts
from lab.demo.snapshot import WINDOW, PatternView, look
from lab.embedded import EmbeddedServer
from lab.place.ledger_server import LedgerServer
from lab.place.target import Replica, Target
from lab.place.tested import Tested, embedded
from lab.run.experiment import PREFIX, Experiment
from lab.targets.local.target import LocalTarget
from lab.verdict.judge import Verdict
from messaging.patterns import PATTERNS
from messaging.seam.pattern import Backlog
from messaging.transport.settings import RedisSettings

T = TypeVar("T")
LEASE = 3.0
_TICK = 0.25
_READY = 20.0
_ALONE, _TOGETHER, _BEREFT = 6.0, 9.0, 7.0
_QUIET, _REST = 1.0, 12.0
_GLANCES = 500
_GLANCE = 0.004  # a batch of handlers takes 20 ms: one that has just begun is still at work then

_PUBLISHER = {"PUBLISH_INTERVAL": "0.1", "PUBLISH_BATCH": "25", "LOG_LEVEL": "warning"}
_SUBSCRIBER = {
    "HANDLER": "subscriber.handlers:slow",
    "HANDLER_DELAY": "0.002",
    "LEASE": f"{LEASE:g}",
    "BLOCK": "1",
    "LOG_LEVEL": "warning",
}
LOAD = "25 messages every 0.1 s to each destination; handling one takes 2 ms"


@dataclass(frozen=True, slots=True)
class Result:
    """What the demo measured.

    Attributes:
        views: the whole run, one for each pattern.
        verdicts: in the same order.
        subscribers: their names.
        facts: what was done to them.
    """

    views: list[PatternView]
    verdicts: list[Verdict]
    subscribers: list[str]
    facts: Facts


async def play(display: Display, own: Tested | None) -> Result:
    """Play it through; leaves no process, no file and no key behind, however it ends.

    Args:
        display: where it shows.
        own: the user's server; None starts an embedded one.

    Raises:
        UnreachableError: the user's server does not answer.
        MessagingError: a server went away meanwhile.
        TargetError: a service did not start or stop as it should.
    """
    async with AsyncExitStack() as stack:
        tested = own or embedded(await _server(stack))
        ledger = await _server(stack)
        settings = RedisSettings(host=ledger.host, port=ledger.port)
        experiment = Experiment(tested, LedgerServer.beside(settings), tuple(PATTERNS))
        stack.push_async_callback(experiment.aclose)
        await experiment.reach()
        stack.push_async_callback(experiment.clean)
        target = await stack.enter_async_context(LocalTarget())
        whose = "Your server" if own else "Embedded Valkey"
        display.event(f"{whose} at {experiment.address}, names there begin with {PREFIX}{{{experiment.run}")
        return await _Story(display, experiment, target).tell()


async def _server(stack: AsyncExitStack) -> EmbeddedServer:
    server = EmbeddedServer()
    stack.push_async_callback(server.stop)
    await uninterrupted(server.start())
    return server


class _Story:
    def __init__(self, display: Display, experiment: Experiment, target: Target) -> None:
        self._display, self._experiment, self._target = display, experiment, target
        self._backlogs: dict[str, Backlog] = {}
        self._moved = time.monotonic()

    async def tell(self) -> Result:
        display, target = self._display, self._target
        environment = self._experiment.environment()
        display.event("One subscriber, then a publisher")
        await self._watch(target.start("subscriber", environment | _SUBSCRIBER))
        await self._watch(target.wait_ready("subscriber", _READY))
        await self._watch(target.start("publisher", environment | _PUBLISHER))
        await self._watch(asyncio.sleep(_ALONE))
        display.event("Two more subscribers join: pub/sub sends to each, the others share")
        await self._watch(target.start("subscriber", environment | _SUBSCRIBER, 2))
        await self._watch(target.wait_ready("subscriber", _READY))
        subscribers = target.replicas("subscriber")
        await self._watch(asyncio.sleep(_TOGETHER))
        await self._kill(subscribers[1])
        await self._watch(asyncio.sleep(_BEREFT))
        display.event("The publisher stops; now everything must come to rest")
        await self._watch(target.stop("publisher"))
        rested = await self._watch(self._rest())
        await self._watch(target.stop("subscriber"))
        return await self._result(subscribers[1].name, [one.name for one in subscribers], rested)

    async def _kill(self, victim: Replica) -> None:
        """Kill it in a moment in which every subscriber has its hands full."""
        for _ in range(_GLANCES):
            await asyncio.sleep(_GLANCE)
            if await self._waiting("queue"):
                break
        await asyncio.sleep(_GLANCE)
        await self._target.kill(victim)
        self._display.event(f"SIGKILL to {victim.name}, under load")

    async def _waiting(self, pattern: str) -> int:
        return (await self._experiment.backlog(pattern)).waiting or 0

    async def _rest(self) -> bool:
        """Wait until Redis holds nothing and nobody has recorded anything for a while."""
        deadline = time.monotonic() + _REST
        while time.monotonic() < deadline:
            held = any(count for backlog in self._backlogs.values() for count in backlog if count)
            if not held and time.monotonic() - self._moved > _QUIET:
                return True
            await asyncio.sleep(_TICK)
        return False

    async def _watch(self, step: Coroutine[object, object, T]) -> T:
        """Do something while the display goes on."""
        task = asyncio.ensure_future(step)
        try:
            while not task.done():
                await self._look()
                await asyncio.wait((task,), timeout=_TICK)
            return task.result()
        finally:
            task.cancel()
            await asyncio.wait((task,))

    async def _look(self) -> None:
        experiment = self._experiment
        for pattern in experiment.patterns:
            self._backlogs[pattern] = await experiment.backlog(pattern)
        if await experiment.reader.refresh():
            self._moved = time.monotonic()
        self._display.show(self._views(WINDOW))

    def _views(self, window: float) -> list[PatternView]:
        experiment = self._experiment
        return look(experiment.reader.ledger, experiment.patterns, self._backlogs, window=window)

    async def _result(self, killed: str, subscribers: list[str], rested: bool) -> Result:  # noqa: FBT001
        verdicts = await self._experiment.judge(rested=rested)
        facts = Facts(killed, LEASE, self._experiment.reader.ledger)
        return Result(self._views(math.inf), verdicts, subscribers, facts)
