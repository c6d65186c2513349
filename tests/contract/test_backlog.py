"""What an autoscaler counts."""

from __future__ import annotations

from messaging import ACK, Backlog, Dead, Retry, Settlement
from tests.support.messages import counts
from tests.support.promising import promising
from tests.support.scene import Scene, something


@promising(fan_out=False)
async def test_the_backlog_tells_what_waits_and_what_is_in_flight(scene: Scene) -> None:
    consumer, publisher = await scene.consumer(), await scene.publisher()
    at_work = scene.guarantee.redelivers
    assert await consumer.backlog() == Backlog(0, 0 if at_work else None)
    await scene.publish(5)
    assert await publisher.backlog() == await consumer.backlog() == Backlog(5, 0 if at_work else None)
    batch = await something(consumer, limit=2)
    waiting, in_flight = await publisher.backlog()
    assert waiting == 3
    assert bool(in_flight) is at_work
    await consumer.settle(batch)
    assert await publisher.backlog() == Backlog(3, 0 if at_work else None)


@promising(fan_out=True)
async def test_a_channel_has_no_backlog(scene: Scene) -> None:
    consumer, publisher = await scene.consumer(), await scene.publisher()
    await scene.publish(2)
    assert await publisher.backlog() == await consumer.backlog() == Backlog(None, None)


@promising(redelivers=True)
async def test_what_is_to_be_delivered_again_is_in_flight(scene: Scene) -> None:
    consumer = await scene.consumer(retry_delay=20.0)
    await scene.publish(2)
    await consumer.settle(await something(consumer), [Retry("later"), ACK])
    assert await consumer.backlog() == Backlog(0, 1)


@promising(redelivers=True)
async def test_the_backlog_is_right_at_every_moment(scene: Scene) -> None:
    """A stream's lag is null after a wrong entry was deleted, which an autoscaler takes for idle."""
    consumer = await scene.consumer(retry_delay=0.0, lease=0.3)
    seen: set[int] = set()

    async def waiting_is_right() -> None:
        backlog = await consumer.backlog()
        assert backlog.waiting == scene.author.count - len(seen)
        assert isinstance(backlog.in_flight, int)

    again = Retry("again")
    turns: list[list[Settlement]] = [[again, ACK], [ACK, again], [ACK, ACK], [Dead("bad"), again]]
    await scene.publish(6)
    for settlements in turns:
        batch = await something(consumer, limit=2)
        seen.update(counts(batch))
        await waiting_is_right()
        await consumer.settle(batch, settlements[: len(batch)])
        await waiting_is_right()
        await scene.publish(1)
        await waiting_is_right()
