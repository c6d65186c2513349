"""What the models need."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.support.servers import ServerBinary
from tests.support.standalone import Standalone, run_standalone


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def brisk_server(server_binary: ServerBinary) -> AsyncIterator[Standalone]:
    """Give a server that looks at its clock often, so that the shortest wait is short."""
    async with run_standalone(server_binary, options={"hz": "500"}) as server:
        yield server
