"""What tests of telemetry share: a server of their own, a stage on it, a collector on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from messaging import PATTERNS
from tests.support.standalone import Standalone, run_standalone
from tests.telemetry.collector import Collector
from tests.telemetry.recorder import Recorder
from tests.telemetry.stage import Stage

if TYPE_CHECKING:
    from tests.support.servers import ServerBinary


@pytest.fixture
async def server(embedded_binary: ServerBinary) -> AsyncIterator[Standalone]:
    """Give a server that nobody else uses."""
    async with run_standalone(embedded_binary) as own:
        yield own


@pytest.fixture(params=PATTERNS)
def pattern(request: pytest.FixtureRequest) -> str:
    """Give the name of each pattern in turn."""
    name: str = request.param
    return name


@pytest.fixture
def recorder() -> Recorder:
    """Keep every span."""
    return Recorder()


@pytest.fixture
async def stage(server: Standalone, pattern: str, destination: str, recorder: Recorder) -> AsyncIterator[Stage]:
    """Play a pattern."""
    prepared = Stage(server.settings, pattern, destination, recorder)
    yield prepared
    await prepared.aclose()


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    """Give a receiver of OTLP over HTTP."""
    async with Collector() as listening:
        yield listening
