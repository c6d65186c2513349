"""A subscriber of a channel that ends in good order handles each copy that the server has sent it."""

from __future__ import annotations

import pytest

from messaging import Acknowledged, LoopOptions
from tests.support.eventually import eventually
from tests.support.loops import Gate, Notes, looping
from tests.support.promising import promising
from tests.support.scene import Scene


@promising(fan_out=True)
@pytest.mark.parametrize("batch", [1, 10])
async def test_what_the_server_says_it_delivered_is_handled(scene: Scene, batch: int) -> None:
    notes, delivered = Notes(), 0
    sender = await scene.publisher()
    async with looping(scene, notes, LoopOptions(batch=batch)) as loop:
        for _ in range(20):
            for outcome in await sender.publish(scene.author.write(30)):
                assert isinstance(outcome, Acknowledged)
                delivered += int(outcome.value)
            if len(notes.counts) >= 30:
                loop.stop()
        await eventually(lambda: len(notes.counts) >= 30)
    assert notes.counts == [*range(1, delivered + 1)]
    assert (loop.counters.processed, loop.counters.gap_messages) == (delivered, 0)


@promising(fan_out=True)
async def test_what_came_while_the_handler_was_at_work_is_handled_before_the_end(scene: Scene) -> None:
    gate = Gate()
    async with looping(scene, gate, LoopOptions(batch=2)) as loop:
        await scene.publish(1)
        await gate.reached.wait()
        await scene.publish(200)
        loop.stop()
        gate.open.set()
    assert loop.counters.processed == 201


@promising(fan_out=True)
async def test_an_end_at_once_leaves_them(scene: Scene) -> None:
    gate = Gate()
    async with looping(scene, gate, LoopOptions(batch=1)) as loop:
        await scene.publish(50)
        await gate.reached.wait()
        loop.abort()
    assert gate.cut
    assert loop.counters.processed == 0
