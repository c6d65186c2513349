"""Lets the planned faults strike, at their times; each is healed whatever happens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

from lab.common.uninterrupted import uninterrupted
from lab.faults import FAULTS
from lab.faults.base.fault import Fault, MissedMoment, NotConfirmed, Stage
from lab.faults.base.planned import PlannedFault
from lab.report.run_record import Observed, Strike
from lab.scenario.model import Scenario
from messaging.seam.errors import MessagingError

TRIES = 3
"""How often a strike may miss its moment, that it comes again."""


def planned_times(scenario: Scenario) -> list[tuple[float, PlannedFault]]:
    """Return when what strikes, in seconds after the start of the load, in order."""
    return sorted(_times(scenario), key=lambda pair: pair[0])


def _times(scenario: Scenario) -> Iterator[tuple[float, PlannedFault]]:
    for planned in scenario.faults:
        for number in range(planned.times):
            yield planned.at_seconds + number * planned.every_seconds, planned


class Strikes:
    """All faults of a run."""

    def __init__(self, stage: Stage, observed: Observed, tell: Callable[[str], None]) -> None:
        """Prepare; they begin with `run`."""
        self._stage, self._observed, self._tell = stage, observed, tell

    async def run(self) -> None:
        """Let each strike at its time; return when all are healed and looked into."""
        times = planned_times(self._observed.scenario)
        await asyncio.gather(*(self._at(at, planned) for at, planned in times))
        for name in {planned.fault for _, planned in times}:
            struck = [strike for strike in self._observed.strikes if strike.fault == name]
            if any(strike.missed for strike in struck) and not any(strike.hit for strike in struck):
                self._observed.doubts.append(f"{name} never struck in its moment: {struck[-1].missed}")

    async def _at(self, at: float, planned: PlannedFault) -> None:
        """Strike at a time; one that misses its moment is a miss, and comes again."""
        await asyncio.sleep(max(0.0, self._observed.start + at - time.time()))
        for _ in range(TRIES):
            strike = await self._strike(planned)
            if not strike.missed:
                return
            self._tell(f"{planned.fault} missed its moment: {strike.missed}")

    async def _strike(self, planned: PlannedFault) -> Strike:
        fault = FAULTS[planned.fault](self._stage, planned)
        strike = Strike(planned.fault, time.time(), planned.fault)
        self._observed.strikes.append(strike)
        try:
            strike.label = await fault.apply()
            strike.at, strike.in_hand = time.time(), dict(fault.in_hand)
            self._tell(strike.label)
            await asyncio.sleep(planned.for_seconds)
        except MissedMoment as error:
            strike.missed = str(error)
            return strike
        finally:
            await uninterrupted(self._heal(fault, strike, planned))
        await self._confirm(fault, strike)
        return strike

    async def _heal(self, fault: Fault, strike: Strike, planned: PlannedFault) -> None:
        await fault.heal()
        strike.healed = time.time()
        if planned.for_seconds and not strike.missed:
            self._tell(f"{planned.fault} is over")

    async def _confirm(self, fault: Fault, strike: Strike) -> None:
        try:
            strike.proof = await fault.confirm()
            strike.hit = await fault.hit()
        except MissedMoment as error:
            strike.missed = str(error)
        except (NotConfirmed, MessagingError) as error:
            strike.doubt = str(error)
            self._observed.doubts.append(f"{strike.fault} is not confirmed: {error}")


def is_durable(scenario: Scenario) -> bool:
    """Tell whether the server was told to keep what it acknowledged, over everything planned."""
    always, waits = scenario.server.append_only == "always", scenario.waits_for_replicas > 0
    kept = {
        "redis-kill": always,
        "kill-before-reply": always,
        "machine-crash": always or scenario.waits_for_fsync,
        "failover": waits,
        "split-brain": waits,
    }
    forgetful = {planned.fault for planned in scenario.faults if FAULTS[planned.fault].forgets}
    return all(kept.get(fault, False) for fault in forgetful)
