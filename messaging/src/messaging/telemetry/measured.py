"""A service, as its metrics see it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from messaging.counters import Histogram
from messaging.telemetry import names
from messaging.telemetry.instruments import Instrument
from messaging.telemetry.sources import Process, Source


class Point(NamedTuple):
    """One value of a figure, and the attributes that tell what it is about: for all values of it the same ones."""

    attributes: dict[str, str]
    value: float | Histogram


@dataclass(frozen=True, slots=True)
class Observed:
    """What there is to measure: the patterns at work, and the process as a whole."""

    sources: Sequence[Source] = ()
    process: Process = field(default_factory=Process)

    async def refresh(self) -> None:
        """Ask the server for what only it knows; raises nothing."""
        await asyncio.gather(*(source.levels.refresh() for source in self.sources if source.levels is not None))

    def points(self, instrument: Instrument) -> list[Point]:
        """Return every value of a figure that there is now."""
        having = [source for source in self.sources if source.operation in instrument.operations]
        return [
            Point(_attributes(one) | ({names.ERROR_TYPE: error} if len(instrument.parts) > 1 else {}), value)
            for one in (having if instrument.operations else [self.process])
            for error, path in instrument.parts.items()
            if (value := _value(one, path)) is not None
        ]


def _attributes(of: Source | Process) -> dict[str, str]:
    system = {names.SYSTEM: names.SYSTEM_REDIS}
    if isinstance(of, Process):
        return system
    return system | {names.PATTERN: of.pattern, names.DESTINATION: of.destination, names.OPERATION: of.operation}


def _value(of: Source | Process, path: str) -> float | Histogram | None:
    """Follow a path of attributes; None where one on the way is None, as while the server is not asked."""
    found: Any = of
    for name in path.split("."):
        found = None if found is None else getattr(found, name)
    value: bool | float | Histogram | None = found() if callable(found) else found
    return float(value) if isinstance(value, bool) else value
