"""A service, as its metrics see it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from messaging.counters import Histogram
from messaging.telemetry import names
from messaging.telemetry.instruments import OF_PROCESS, OF_SOURCE, Instrument, T
from messaging.telemetry.sources import Process, Source


class Measurement(NamedTuple):
    """One value.

    Attributes:
        name: the figure's.
        attributes: what it is about; the same keys for all values of a figure.
        value: a number or durations.
    """

    name: str
    attributes: dict[str, str]
    value: float | Histogram


@dataclass(frozen=True, slots=True)
class Observed:
    """What there is to measure.

    Attributes:
        sources: the patterns at work.
        process: the whole.
    """

    sources: Sequence[Source] = ()
    process: Process = field(default_factory=Process)

    async def refresh(self) -> None:
        """Ask the server for what only it knows; raises nothing."""
        await asyncio.gather(*(source.levels.refresh() for source in self.sources if source.levels is not None))

    def measure(self) -> Iterator[Measurement]:
        """Yield every value there is, figure by figure."""
        for instrument in OF_SOURCE:
            for source in self.sources:
                if source.operation in instrument.operations:
                    yield from _values(instrument, source, _attributes(source))
        for figure in OF_PROCESS:
            yield from _values(figure, self.process, {names.SYSTEM: names.SYSTEM_REDIS})


def _values(instrument: Instrument[T], of: T, attributes: dict[str, str]) -> Iterator[Measurement]:
    for part in instrument.parts:
        value = part.read(of)
        if value is not None:
            error = {names.ERROR_TYPE: part.error} if len(instrument.parts) > 1 else {}
            yield Measurement(instrument.name, attributes | error, value)


def _attributes(source: Source) -> dict[str, str]:
    return {
        names.SYSTEM: names.SYSTEM_REDIS,
        names.PATTERN: source.pattern,
        names.DESTINATION: source.destination,
        names.OPERATION: source.operation,
    }
