"""Nothing but a server of ours is emptied."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.own import ForeignServerError, flush, require_own
from tests.support.servers import ServerBinary
from tests.support.standalone import Standalone, run_standalone

TESTS = Path(__file__).parents[1]
EMPTIES = re.compile(r"flush(all|db)\b", re.IGNORECASE)


async def test_a_server_of_somebody_else_is_left_alone(
    standalone: Standalone, embedded_binary: ServerBinary, destination: str
) -> None:
    async with run_standalone(embedded_binary) as other, other.client() as client:
        await client.set(destination, "here")
        with pytest.raises(ForeignServerError):
            await require_own(client, [standalone.server])
        await flush(other)
        assert await client.get(destination) is None


async def test_a_restarted_server_is_still_ours(embedded_binary: ServerBinary, destination: str) -> None:
    async with run_standalone(embedded_binary) as topology:
        await topology.server.restart()
        await flush(topology)
        async with topology.client() as client:
            assert await client.exists(destination) == 0


def test_servers_are_emptied_in_one_place_only() -> None:
    places = {path.name for path in TESTS.rglob("*.py") if EMPTIES.search(path.read_text())}
    refused = "test_acl.py"  # tries it as a user who must not
    assert places <= {"own.py", refused, Path(__file__).name}
