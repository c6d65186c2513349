"""A run, phase by phase: provision, warm up, load, fault, recover, rest, judge, clean up.

Each phase has its own deadline. One that is not met, or a service that fails, ends the run: then it
proves nothing.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

from lab.evidence.clock import clock_offset
from lab.evidence.witness import LedgerWitness
from lab.faults import FAULTS
from lab.faults.base.fault import Stage
from lab.place.place import Place
from lab.report.run_record import Observed
from lab.run.experiment import Experiment, new_run
from lab.run.incidents import incidents, is_calm, unstruck
from lab.run.progress import Progress
from lab.run.rest import Stillness, until
from lab.run.strikes import Strikes, is_durable, planned_times
from lab.run.versions import versions
from lab.scenario.checking import check_faults
from lab.scenario.load import OVERTIME, Load
from lab.targets.choice import PLACES, SLACK
from messaging.seam.errors import MessagingError
from messaging.seam.pattern import Backlog

T = TypeVar("T")
_TICK = 0.25
_PROVISION, _WARM_UP, _JUDGE, _MARGIN = 60.0, 30.0, 120.0, 60.0
_FIRST = 10


class PhaseError(Exception):
    """A phase did not come to its end in time; the run proves nothing."""


class Run:
    """One run of one scenario."""

    def __init__(self, observed: Observed, progress: Progress) -> None:
        """Prepare; `run` does it."""
        self._observed, self._progress = observed, progress
        self._scenario = observed.scenario
        self._still = Stillness()

    async def run(self) -> None:
        """Do everything; leaves no process, no file and no key behind, however it ends.

        Raises:
            RefusedError, SettingsError, UnreachableError, ServerStartError: nothing was begun.
            PhaseError, TargetError, LedgerError, MessagingError: the run proves nothing.
        """
        async with AsyncExitStack() as stack:
            async with self._phase("provision", _PROVISION):
                await self._provision(stack)
            async with self._phase("warm up", _WARM_UP):
                await self._during(self._warm_up())
            await self._load()
            async with self._phase("rest", self._scenario.rest_seconds + _MARGIN):
                rested = await self._during(self._rest())
            async with self._phase("judge", _JUDGE):
                await self._judge(rested)

    async def _provision(self, stack: AsyncExitStack) -> None:
        scenario, observed = self._scenario, self._observed
        run = new_run()
        place: Place = await stack.enter_async_context(PLACES[observed.site.target](scenario, run, observed.site))
        self._server, self._target = place.server, place.target
        check_faults(scenario, place.server.abilities, place.name)
        experiment = self._experiment = Experiment(place.server.tested, place.ledger, scenario.patterns, run)
        stack.push_async_callback(experiment.aclose)
        await experiment.reach()
        stack.push_async_callback(experiment.clean)
        stack.push_async_callback(self._end)
        observed.run, observed.ledger = experiment.run, experiment.reader.ledger
        observed.numbering = experiment.numbering
        observed.versions = {**await versions(place.server), **place.versions}
        observed.clock = await clock_offset(place.server)
        common = experiment.environment(received=bool(scenario.faults)) | {"LOG_LEVEL": "warning"}
        self._publisher = common | {name: str(value) for name, value in scenario.publisher.items()}
        subscriber = common | {name: str(value) for name, value in scenario.subscriber.items()}
        self._crew = place.crew(subscriber, scenario.subscribers, scenario.restart_seconds)
        await self._during(self._crew.muster(), looking=False)

    async def _warm_up(self) -> None:
        """Send a few messages and wait until each pattern has brought one."""
        few = {"PUBLISH_COUNT": str(_FIRST), "PUBLISH_INTERVAL": "0", "PUBLISH_BATCH": "1"}
        await self._target.start("publisher", self._publisher | few)
        histories = self._experiment.reader.ledger.histories
        patterns = self._scenario.patterns
        await until(lambda: all(pattern in histories and histories[pattern].received for pattern in patterns))
        await until(lambda: not self._target.replicas("publisher"))

    async def _load(self) -> None:
        """Load; within it the faults, and what is left of it to recover in."""
        scenario, observed = self._scenario, self._observed
        stage = Stage(
            self._target,
            self._server,
            self._crew,
            self._publisher,
            random.Random(scenario.seed),
            lambda: self._still.held,
            LedgerWitness(self._experiment.reader),
        )
        load = Load(self._target, self._publisher, scenario.load)
        sending = asyncio.ensure_future(load.run())
        tasks = [sending]
        try:
            times, limit = planned_times(scenario), scenario.load_seconds + OVERTIME + _MARGIN
            async with self._phase("load", limit):
                await self._during(self._begun(load))
                tasks.append(asyncio.ensure_future(self._scale()))
                await self._during(asyncio.sleep(times[0][0]) if times else _all(tasks))
            if times:
                async with self._phase("fault", limit):
                    await self._during(Strikes(stage, observed, self._progress.event).run())
                async with self._phase("recover", limit):
                    await self._during(_all(tasks))
            await self._target.stop("publisher")
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _begun(self, load: Load) -> None:
        """Wait for the first message of the load: from it on the time is counted."""
        histories = self._experiment.reader.ledger.histories
        before = {pattern: len(histories[pattern].sends) for pattern in self._scenario.patterns}
        await until(lambda: any(len(histories[pattern].sends) > count for pattern, count in before.items()))
        first = (histories[pattern].sends[count:][:1] for pattern, count in before.items())
        self._observed.start = min(send.at for sends in first for send in sends)
        load.start = time.monotonic() - (time.time() - self._observed.start)

    async def _scale(self) -> None:
        for step in sorted(self._scenario.scaling, key=lambda step: step.at_seconds):
            await asyncio.sleep(max(0.0, self._observed.start + step.at_seconds - time.time()))
            self._observed.events.append((time.time(), f"{step.subscribers} subscribers"))
            self._progress.event(f"Scale to {step.subscribers} subscribers")
            await self._crew.scale(step.subscribers)

    async def _rest(self) -> bool:
        """Wait for the rest, and before it for those who are still on their way to work."""
        await self._crew.complete()
        slack = SLACK[self._observed.site.target]
        deadline = time.monotonic() + self._scenario.rest_seconds + slack
        while time.monotonic() < deadline:
            if self._still.reached:
                return True
            await asyncio.sleep(_TICK)
        return False

    async def _judge(self, rested: bool) -> None:  # noqa: FBT001 - the one thing to know
        if any(FAULTS[planned.fault].crashes for planned in self._scenario.faults):
            await self._crew.scale(0)
        else:
            await self._target.stop("subscriber")
        durable = is_durable(self._scenario)
        self._observed.verdicts = await self._experiment.judge(
            rested=rested,
            durable=durable,
            side_by_side=self._scenario.side_by_side,
            incidents=incidents(self._observed, self._server),
            unstruck=unstruck(self._observed),
            calm=is_calm(self._observed),
        )
        self._observed.raw = self._experiment.reader.raw
        if not durable:
            self._observed.notes.append(
                "The server was not told to keep everything over this fault: what it forgot is reported, "
                "and not held against a pattern."
            )

    async def _during(self, step: Coroutine[object, object, T], *, looking: bool = True) -> T:
        """Do something while somebody looks; replace who dies meanwhile."""
        task = asyncio.ensure_future(step)
        try:
            while not task.done():
                if looking:
                    await self._look()
                    await self._crew.look_after()
                await asyncio.wait((task,), timeout=_TICK)
            return task.result()
        finally:
            task.cancel()
            await asyncio.wait((task,))

    async def _look(self) -> None:
        backlogs = {pattern: await self._backlog(pattern) for pattern in self._scenario.patterns}
        now = time.time()
        for pattern, backlog in backlogs.items():
            if backlog is not None and any(count is not None for count in backlog):
                held = sum(count or 0 for count in backlog)
                self._observed.backlog.setdefault(pattern, []).append((now, held))
        self._still.see(backlogs, await self._experiment.reader.refresh())
        self._progress.show(self._observed, backlogs)

    async def _backlog(self, pattern: str) -> Backlog | None:
        try:
            async with asyncio.timeout(_TICK):
                return await self._experiment.backlog(pattern)
        except (MessagingError, TimeoutError):
            return None

    async def _end(self) -> None:
        """Begin to clean up: keep the logs, and end whoever still lives."""
        self._progress.event("Clean up")
        for replica in self._target.everyone():
            self._observed.logs[replica.name] = await self._target.logs(replica)
        await self._target.end()

    @asynccontextmanager
    async def _phase(self, name: str, deadline: float) -> AsyncIterator[None]:
        with self._observed.phase(name):
            self._progress.event(name.capitalize())
            limit = asyncio.timeout(deadline + SLACK[self._observed.site.target])
            try:
                async with limit:
                    yield
            except TimeoutError:
                if not limit.expired():
                    raise
                raise PhaseError(f"the phase {name!r} took longer than {deadline:g} s") from None


async def _all(tasks: Sequence[asyncio.Future[None]]) -> None:
    await asyncio.gather(*tasks)
