"""A server that becomes a replica under our feet."""

from __future__ import annotations

import pytest

from lab.common.ports import LOOPBACK, free_port
from messaging import Failed
from messaging.seam.errors import ServerNotReady, ServerReadOnly
from tests.faults.parties import PERSISTENT, consuming, loaded, quick
from tests.support.standalone import Standalone


@pytest.mark.parametrize("pattern", PERSISTENT)
async def test_reading_and_writing_are_tried_again_until_it_is_a_primary(
    server: Standalone, destination: str, pattern: str
) -> None:
    options = quick(destination)
    async with (
        loaded(server.settings, pattern, options) as load,
        consuming(server.settings, pattern, options) as it,
    ):
        await it.is_ready()
        await load.publish(2)
        await it.has(load.acknowledged)
        await server.node.execute("REPLICAOF", LOOPBACK, free_port())
        await it.met(ServerReadOnly)
        assert not it.loop.ready
        (outcome,) = await load.publish(1)
        assert isinstance(outcome, Failed)
        assert isinstance(outcome.error, ServerReadOnly)
        assert all(isinstance(state, ServerNotReady) for state in it.states if state is not None)
        await server.node.execute("REPLICAOF", "NO", "ONE")
        await load.publish(2)
        assert load.acknowledged == {"1", "2", "4", "5"}
        await it.has(load.acknowledged)
        await it.is_ready()
