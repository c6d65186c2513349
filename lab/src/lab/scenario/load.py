"""Who sends how much and when: each wave is a publisher of its own, told by nothing but settings."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence

from lab.place.target import Replica, Target
from lab.scenario.model import Wave

_POLL = 0.05
OVERTIME = 30.0
"""How long a publisher may still send what was due, after its wave is over, in seconds."""


class Load:
    """All waves of a scenario.

    Attributes:
        start: what their times are counted from, on the monotonic clock; may be put off while the
            first publishers are on their way.
    """

    def __init__(self, target: Target, environment: Mapping[str, str], waves: Sequence[Wave]) -> None:
        """Prepare; nothing is sent before `run`.

        Args:
            target: where publishers run.
            environment: their settings, but for the load.
            waves: what is to be sent.
        """
        self._target, self._environment, self._waves = target, environment, waves
        self.start = time.monotonic()

    async def run(self) -> None:
        """Send it all; a publisher that was killed is started again with what is left."""
        self.start = time.monotonic()
        await asyncio.gather(*(self._wave(wave) for wave in self._waves for _ in range(wave.publishers)))

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self.start

    async def _wave(self, wave: Wave) -> None:
        await asyncio.sleep(max(0.0, wave.from_seconds - self._elapsed))
        while (left := wave.ends - self._elapsed) > 0:
            (replica,) = await self._target.start("publisher", {**self._environment, **dict(settings(wave, left))})
            await self._finish(replica, wave)
            if not self._target.was_killed(replica):
                return  # done; a crash is an error as soon as the publishers are stopped

    async def _finish(self, replica: Replica, wave: Wave) -> None:
        until = wave.ends + (OVERTIME if wave.rate_per_second else 0.0)
        while replica in self._target.replicas("publisher"):
            if self._elapsed > until:
                await self._target.retire(replica)
                return
            await asyncio.sleep(_POLL)


def settings(wave: Wave, seconds: float) -> Iterator[tuple[str, str]]:
    """Return the settings that make a publisher send `seconds` of a wave."""
    yield "PUBLISH_BATCH", str(wave.burst if wave.burst > 1 else wave.batch)
    yield "PUBLISH_BYTES", str(wave.message_bytes)
    if wave.rate_per_second is None:
        yield "PUBLISH_INTERVAL", "0"
    else:
        if wave.burst > 1:
            yield "PUBLISH_INTERVAL", f"{wave.burst / wave.rate_per_second:g}"
        else:
            yield "PUBLISH_RATE", f"{wave.rate_per_second:g}"
        yield "PUBLISH_COUNT", str(max(1, round(wave.rate_per_second * seconds)))
