"""What faults need: a server of one's own to break, and two ways to lose a reply."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from messaging import RedisSettings
from tests.faults.silence import DroppedReplies, FrozenServer, Silence
from tests.support.servers import ServerBinary
from tests.support.standalone import Standalone, run_standalone


@pytest.fixture
async def server(embedded_binary: ServerBinary) -> AsyncIterator[Standalone]:
    """Give a server that nobody else uses."""
    async with run_standalone(embedded_binary) as own:
        yield own


@pytest.fixture
def impatient(server: Standalone) -> RedisSettings:
    """Reach it, and wait no more than 0.4 s for an answer."""
    return server.settings.model_copy(update={"timeout": 0.4, "connect_timeout": 0.4})


@pytest.fixture(params=[FrozenServer, DroppedReplies], ids=["server frozen", "reply dropped"])
async def silence(request: pytest.FixtureRequest, server: Standalone) -> AsyncIterator[Silence]:
    """Carry requests out, but let no reply come back, in two ways."""
    async with request.param(server) as way:
        yield way
