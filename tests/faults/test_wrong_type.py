"""A key of ours that holds something else."""

from __future__ import annotations

import pytest

from messaging import Dead, Failed, Settled
from messaging.seam import keys
from messaging.seam.errors import WrongType
from tests.faults.parties import PERSISTENT, consuming, dead_letters, loaded, opened, quick
from tests.support.standalone import Standalone


@pytest.mark.parametrize("pattern", PERSISTENT)
async def test_a_loop_says_so_and_goes_on_when_the_key_is_deleted(
    standalone: Standalone, destination: str, pattern: str
) -> None:
    options = quick(destination)
    async with standalone.client() as client, consuming(standalone.settings, pattern, options) as it:
        await it.is_ready()
        await client.delete(destination)
        await client.set(destination, "something else")
        error = await it.met(WrongType)
        assert "choose another name for the destination" in str(error)
        assert not it.loop.ready
        with pytest.raises(WrongType, match=destination):
            async with loaded(standalone.settings, pattern, options):
                pass
        await client.delete(destination)
        async with loaded(standalone.settings, pattern, options) as load:
            await load.publish(2)
            await it.has(load.acknowledged)


@pytest.mark.parametrize("pattern", PERSISTENT)
async def test_a_publish_fails(standalone: Standalone, destination: str, pattern: str) -> None:
    async with (
        standalone.client() as client,
        loaded(standalone.settings, pattern, quick(destination)) as load,
    ):
        await client.delete(destination)
        await client.set(destination, "something else")
        (outcome,) = await load.publish(1)
        assert isinstance(outcome, Failed)
        assert isinstance(outcome.error, WrongType)


@pytest.mark.parametrize("pattern", PERSISTENT)
async def test_dead_letters_that_cannot_be_written_lose_nothing(
    standalone: Standalone, destination: str, pattern: str
) -> None:
    options, letters = quick(destination), keys.dead_letters(destination)
    async with (
        standalone.client() as client,
        loaded(standalone.settings, pattern, options) as load,
        opened(standalone.settings, pattern, options) as consumer,
    ):
        await load.publish(2)
        batch = await consumer.receive(2)
        in_flight = (await consumer.backlog()).in_flight
        await client.set(letters, "something else")
        with pytest.raises(WrongType):
            await consumer.settle(batch, [Dead("no"), Dead("no")])
        assert (await consumer.backlog()).in_flight == in_flight
        await client.delete(letters)
        assert await consumer.settle(batch, [Dead("no"), Dead("no")]) == Settled(dead=2)
        assert len(await dead_letters(standalone, destination)) == 2
