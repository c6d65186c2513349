"""A scenario carried out within a test, and what it showed."""

from __future__ import annotations

import asyncio
from textwrap import dedent

from lab.place.site import Site
from lab.report.run_record import Observed
from lab.run.phases import Run
from lab.run.progress import Backlogs
from lab.scenario.checking import check_settings
from lab.scenario.model import Scenario, read
from lab.verdict.judge import Verdict


class Silence:
    """Shows nothing, and remembers what was told.

    Attributes:
        told: each event.
    """

    def __init__(self) -> None:
        self.told: list[str] = []

    def __enter__(self) -> object:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def event(self, text: str) -> None:
        self.told.append(text)

    def show(self, observed: Observed, backlogs: Backlogs) -> None:
        del observed, backlogs


def scenario(text: str) -> Scenario:
    """Read a scenario from its YAML."""
    return read(f"about: a test\n{dedent(text)}", "test")


async def observe(text: str) -> Observed:
    """Carry a scenario out and return what it showed."""
    return await carried_out(scenario(text))


async def carried_out(planned: Scenario, site: Site | None = None) -> Observed:
    """Carry out one that has been read."""
    observed = Observed("test", planned, site or Site())
    await asyncio.to_thread(check_settings, planned)  # it looks for mounted secrets
    await Run(observed, Silence()).run()
    return observed


def verdicts(observed: Observed) -> dict[str, Verdict]:
    """Return the verdicts by pattern."""
    return {verdict.pattern: verdict for verdict in observed.verdicts}
