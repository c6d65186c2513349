"""Many messages in one round trip: a trace for each, and spans of the batch that are linked to them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing

from messaging import ACK, Dead, Delivery, Options, Retry, Settlement
from messaging.memory import MemoryBroker
from messaging.telemetry import names
from tests.support.messages import written
from tests.support.promising import promising
from tests.telemetry.recorder import Recorder, sdk_calls
from tests.telemetry.stage import Stage, arrival, consume


async def test_one_trace_a_message_and_the_batch_linked(stage: Stage) -> None:
    consumer, publisher = await stage.consumer(), await stage.publisher()
    messages = stage.author.write(3)
    await publisher.publish(messages)
    settled = await consume(consumer, 3)
    seen = stage.recorder
    creates, send, processes = seen.named("create"), seen.one("send"), seen.named("process")
    assert len({create.trace for create in creates} | {send.trace}) == 4
    for create, message in zip(creates, messages, strict=True):
        assert (create.kind, create.parent, create.links, create.status) == ("PRODUCER", 0, [], "UNSET")
        assert create.facts == stage.facts("create", message)
    ids = [create.id for create in creates]
    assert (send.kind, send.parent, send.links) == ("CLIENT", 0, ids)
    assert send.facts == stage.facts("send", batch__message_count=3)
    for process, create, message in zip(processes, creates, messages, strict=True):
        assert (process.kind, process.trace, process.parent) == ("CONSUMER", create.trace, create.id)
        assert process.facts == stage.facts("process", message, redis__delivery_count=1)
    if stage.guarantee.fan_out:  # what a channel pushes may come in several batches, and nobody asks for it
        assert seen.named("receive") == seen.named("settle") == []
        return
    assert len(settled) == 1
    receive = seen.one("receive")
    assert (receive.kind, receive.parent, receive.links) == ("CLIENT", 0, ids)
    assert receive.facts == stage.facts("receive", batch__message_count=3)
    assert [process.links for process in processes] == [[receive.id]] * 3
    if stage.guarantee.redelivers:
        settle = seen.one("settle")
        assert (settle.kind, settle.parent, settle.links) == ("CLIENT", 0, [process.id for process in processes])
        assert settle.facts == stage.facts("settle", batch__message_count=3, redis__acked=3)
    else:
        assert seen.named("settle") == []  # acknowledging is nothing that the server is told


@promising(redelivers=True)
async def test_each_message_of_a_batch_is_told_its_own_fate(stage: Stage) -> None:
    consumer = await stage.consumer(retry_delay=20.0)
    await stage.publish(3)

    async def judge(_: Sequence[Delivery]) -> Sequence[Settlement]:
        return [ACK, Retry("later"), Dead("never")]

    await consume(consumer, 3, judge)
    processes = stage.recorder.named("process")
    assert [(one.status, one.text) for one in processes] == [("UNSET", None), ("ERROR", "later"), ("ERROR", "never")]
    settle = stage.recorder.one("settle")
    counts = (names.ACKED_COUNT, names.RETRIED_COUNT, names.DEAD_COUNT)
    assert [settle.facts[name] for name in counts] == [1, 1, 1]
    assert settle.links == [one.id for one in processes]


@promising(fan_out=False, redelivers=False)
async def test_a_queue_tells_the_server_of_dead_letters_only(stage: Stage) -> None:
    consumer = await stage.consumer()
    await stage.publish(2)

    async def judge(_: Sequence[Delivery]) -> Sequence[Settlement]:
        return [ACK, Dead("never")]

    await consume(consumer, 2, judge)
    settle = stage.recorder.one("settle")
    assert (settle.facts[names.ACKED_COUNT], settle.facts[names.DEAD_COUNT]) == (1, 1)


@promising(redelivers=True)
async def test_a_batch_above_the_usual_limit_of_128_links(stage: Stage) -> None:
    consumer = await stage.consumer()
    await stage.publish(300)
    await consume(consumer, 300)
    seen = stage.recorder
    creates = [one.id for one in seen.named("create")]
    assert len(creates) == 300
    assert seen.one("send").links == seen.one("receive").links == creates
    assert seen.one("settle").links == [one.id for one in seen.named("process")]


async def test_a_limit_that_somebody_set_holds() -> None:
    recorder = Recorder(links=128)
    publisher = recorder.tracing.publisher(MemoryBroker().publisher("queue"), "queue")
    async with aclosing(publisher):
        await publisher.publish(written(300))
    assert len(recorder.one("send").links) == 128


@promising(redelivers=True)
async def test_a_few_sampled_ones_among_many(stage: Stage) -> None:
    few = Recorder(0.1)
    publisher = await stage.publisher(few.tracing)
    consumer = await stage.consumer(few.tracing)
    await publisher.publish(stage.author.write(200))
    await consume(consumer, 200)
    creates = few.named("create")
    assert 2 <= len(creates) <= 60  # 20 are expected; outside these bounds once in 10^8 runs
    processes = few.named("process")
    assert [one.parent for one in processes] == [one.id for one in creates]
    assert few.one("send").links == few.one("receive").links == [one.id for one in creates]
    assert few.one("settle").links == [one.id for one in processes]
    assert few.one("send").facts[names.BATCH_COUNT] == 200


async def test_messages_that_nobody_samples_cost_no_call_of_the_sdk(stage: Stage) -> None:
    never = Recorder(0.0)
    consumer, publisher = await stage.consumer(never.tracing), await stage.publisher(never.tracing)
    texts: list[str] = []

    async def look(deliveries: Sequence[Delivery]) -> None:
        texts.extend(delivery.message.traceparent or "" for delivery in deliveries)

    for number in (1, 100):
        with sdk_calls() as calls:
            await publisher.publish(stage.author.write(number))
            await consume(consumer, number, look)
        assert calls.number == 0
    assert len(texts) == 101
    assert all(len(text) == 55 and text.endswith("-00") for text in texts)
    assert never.spans == []


@promising(fan_out=False)
async def test_what_several_publishers_sent_arrives_together(stage: Stage) -> None:
    """Each with a trace context of its own, and one with none."""
    always, never = Recorder(1.0), Recorder(0.0)
    consumer, plain = await stage.consumer(), await stage.plain_publisher()
    sampled, refused = await stage.publisher(always.tracing), [await stage.publisher(never.tracing) for _ in range(2)]
    for publisher in (sampled, refused[0], plain, refused[1], sampled, refused[0], plain):
        messages = stage.author.write(2)
        await publisher.publish(messages)
        assert {message.traceparent for message in messages} == {None}  # what was given is not changed
    (settled,) = await consume(consumer, 14)
    assert settled.acked == 14
    processes = stage.recorder.named("process")
    assert sorted(one.parent for one in processes) == sorted([0] * 4 + [one.id for one in always.named("create")])
    assert stage.recorder.one("receive").links == [one.id for one in always.named("create")]


@promising(fan_out=False)
async def test_a_handler_that_is_given_a_part_of_the_batch(stage: Stage) -> None:
    consumer = await stage.consumer()
    await stage.publish(5)
    batch = await arrival(consumer)
    handler = consumer.handler(_nothing)
    for part in (batch.deliveries[::2], batch.deliveries[1::2]):
        await handler(part)
    parents = [one.parent for one in stage.recorder.named("process")]
    creates = [one.id for one in stage.recorder.named("create")]
    assert parents == creates[::2] + creates[1::2]


async def _nothing(_: Sequence[Delivery]) -> None:
    """Do nothing."""


def test_the_counter_of_calls_counts() -> None:
    with sdk_calls() as calls:
        Recorder().tracing.publisher(MemoryBroker().publisher("queue"), "queue", Options())
    assert calls.number > 0
