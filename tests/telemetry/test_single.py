"""One message: send, receive, process, settle."""

from __future__ import annotations

from messaging import ACK, Dead, Delivery, Retry, Settlement, each
from messaging.telemetry import names
from messaging.telemetry.tracing.propagation import read
from tests.support.eventually import eventually
from tests.support.promising import promising
from tests.telemetry.stage import Stage, arrival, consume


async def test_one_trace_from_send_to_settle(stage: Stage) -> None:
    consumer, publisher = await stage.consumer(), await stage.publisher()
    message = stage.author.message()
    await publisher.publish([message])
    await consume(consumer, 1)
    seen, expected = stage.recorder, ["send", "process"]
    send, process = seen.one("send"), seen.one("process")
    assert (send.kind, send.parent, send.links, send.status) == ("PRODUCER", 0, [], "UNSET")
    assert send.facts == stage.facts("send", message)
    assert (process.kind, process.trace, process.parent) == ("CONSUMER", send.trace, send.id)
    assert process.facts == stage.facts("process", message, redis__delivery_count=1)
    if not stage.guarantee.fan_out:
        expected.append("receive")
        receive = seen.one("receive")
        assert (receive.kind, receive.parent, receive.links) == ("CLIENT", 0, [send.id])
        assert receive.trace != send.trace
        assert receive.facts == stage.facts("receive", message)
        assert process.links == [receive.id]
    if stage.guarantee.redelivers:
        expected.append("settle")
        settle = seen.one("settle")
        assert (settle.kind, settle.trace, settle.parent, settle.links) == ("CLIENT", send.trace, process.id, [])
        assert settle.facts == stage.facts("settle", message, redis__acked=1)
    destination = send.name.split(" ", 1)[1]
    assert sorted(span.name for span in seen.spans) == sorted(f"{name} {destination}" for name in expected)


async def test_the_message_carries_the_context_of_its_send(stage: Stage) -> None:
    consumer = await stage.consumer()
    await stage.publish(1)
    (delivery,) = (await arrival(consumer)).deliveries
    context = read(delivery.message.traceparent)
    assert context is not None
    assert (context.trace_id, context.span_id) == (stage.recorder.one("send").trace, stage.recorder.one("send").id)


async def test_no_span_for_an_empty_poll(stage: Stage) -> None:
    consumer = await stage.consumer()
    assert not len(await consumer.receive(10))
    assert stage.recorder.spans == []


@promising(redelivers=True)
async def test_settle_and_the_next_receive_in_one_round_trip(stage: Stage) -> None:
    consumer = await stage.consumer()
    await stage.publish(1)
    batch = await arrival(consumer, 1)
    await stage.publish(1)
    await consumer.handler(_fine)(batch.deliveries)
    _, following = await consumer.exchange(batch, [ACK], 1)
    assert len(following) == 1
    receives = stage.recorder.named("receive")
    assert [receive.links for receive in receives] == [[send.id] for send in stage.recorder.named("send")]
    assert stage.recorder.one("settle").parent == stage.recorder.one("process").id


@each
async def _fine(delivery: Delivery) -> None:
    del delivery


@promising(redelivers=True)
async def test_a_redelivery_is_a_new_process_under_the_same_parent(stage: Stage) -> None:
    consumer = await stage.consumer()
    await stage.publish(1)

    @each
    async def second_time(delivery: Delivery) -> Settlement | None:
        return Retry("not now") if delivery.count == 1 else None

    await consume(consumer, 2, second_time)
    send, (first, second) = stage.recorder.one("send"), stage.recorder.named("process")
    assert first.trace == second.trace == send.trace
    assert first.parent == second.parent == send.id
    assert [first.facts[names.DELIVERY_COUNT], second.facts[names.DELIVERY_COUNT]] == [1, 2]
    assert (first.status, first.text, first.facts[names.ERROR_TYPE]) == ("ERROR", "not now", "retry")
    assert (second.status, first.facts[names.SETTLEMENT]) == ("UNSET", "retry")
    settles = stage.recorder.named("settle")
    assert [settle.parent for settle in settles] == [first.id, second.id]
    assert [settle.facts.get(names.RETRIED_COUNT) for settle in settles] == [1, None]


@promising(persistent=True)
async def test_a_dead_letter(stage: Stage) -> None:
    consumer = await stage.consumer()
    await stage.publish(1)

    @each
    async def refuse(_: Delivery) -> Settlement:
        return Dead("no use")

    await consume(consumer, 1, refuse)
    process, settle = stage.recorder.one("process"), stage.recorder.one("settle")
    assert (process.status, process.text, process.facts[names.SETTLEMENT]) == ("ERROR", "no use", "dead")
    assert (settle.parent, settle.facts[names.DEAD_COUNT], settle.status) == (process.id, 1, "UNSET")


@promising(redelivers=True)
async def test_a_reclaim_goes_on_with_the_trace(stage: Stage) -> None:
    first, second = await stage.consumer(lease=0.3, consumer="first"), await stage.consumer(lease=0.3, consumer="other")
    await stage.publish(1)
    batch = await arrival(first)
    await first.handler(_fine)(batch.deliveries)
    await consume(second, 1)
    assert (await first.settle(batch)).stale == 1
    send, (lost, taken) = stage.recorder.one("send"), stage.recorder.named("process")
    assert (lost.parent, taken.parent, taken.trace) == (send.id, send.id, send.trace)
    assert (lost.facts[names.CLIENT_ID], taken.facts[names.CLIENT_ID]) == ("first", "other")
    assert taken.facts[names.DELIVERY_COUNT] == 2
    done, late = stage.recorder.named("settle")
    assert (done.parent, done.status, late.parent, late.status) == (taken.id, "UNSET", lost.id, "ERROR")
    assert (late.facts[names.STALE_COUNT], late.facts[names.ERROR_TYPE]) == (1, "stale")


@promising(redelivers=True)
async def test_what_is_delivered_too_often_has_a_process_for_each_delivery(stage: Stage) -> None:
    consumer = await stage.consumer(max_deliveries=2, lease=0.2)
    await stage.publish(1)
    for _ in range(2):
        await consumer.handler(_fine)((await arrival(consumer)).deliveries)

    async def buried() -> bool:
        await consumer.receive(1)
        return consumer.signals.dead_on_claim == 1

    await eventually(buried)
    assert [one.facts[names.DELIVERY_COUNT] for one in stage.recorder.named("process")] == [1, 2]
    assert len({one.trace for one in stage.recorder.named("process")}) == 1
