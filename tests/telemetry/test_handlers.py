"""What a handler sees of the trace, and what the trace says of a handler."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from msgspec.structs import replace
from opentelemetry import trace

from messaging import ConsumerLoop, Delivery, Handler, LoopOptions, each
from messaging.telemetry import names
from messaging.telemetry.tracing import context_of
from tests.support.eventually import eventually
from tests.support.promising import promising
from tests.telemetry.stage import Stage, arrival, consume


@promising(resumes=True)
async def test_a_handler_of_single_messages_runs_inside_its_span(stage: Stage) -> None:
    consumer, current = await stage.consumer(), list[int]()
    tracer = stage.recorder.provider.get_tracer("mine")

    @each
    async def handle(delivery: Delivery) -> None:
        assert delivery.message.traceparent
        with tracer.start_as_current_span("work"):
            current.append(trace.get_current_span().get_span_context().trace_id)

    await stage.publish(3)
    await consume(consumer, 3, handle)
    processes, works = stage.recorder.named("process"), stage.recorder.named("work")
    assert [work.parent for work in works] == [process.id for process in processes]
    assert current == [process.trace for process in processes]
    assert not trace.get_current_span().get_span_context().is_valid


@promising(resumes=True)
async def test_a_handler_of_batches_finds_each_messages_span(stage: Stage) -> None:
    consumer = await stage.consumer()
    tracer = stage.recorder.provider.get_tracer("mine")

    async def handle(deliveries: Sequence[Delivery]) -> None:
        assert not trace.get_current_span().get_span_context().is_valid
        for delivery in deliveries:
            with tracer.start_as_current_span("work", context_of(delivery)):
                pass

    await stage.publish(3)
    await consume(consumer, 3, handle)
    parents = [work.parent for work in stage.recorder.named("work")]
    assert parents == [process.id for process in stage.recorder.named("process")]


@promising(resumes=True)
async def test_a_handler_of_batches_runs_inside_the_span_of_a_message_alone(stage: Stage) -> None:
    consumer, seen = await stage.consumer(), list[int]()

    async def handle(_: Sequence[Delivery]) -> None:
        seen.append(trace.get_current_span().get_span_context().span_id)

    await stage.publish(1)
    await consume(consumer, 1, handle)
    assert seen == [stage.recorder.one("process").id]


@promising(resumes=True)
async def test_what_a_handler_does_for_a_message_that_is_not_sampled_is_not_sampled(stage: Stage) -> None:
    tracer = stage.recorder.provider.get_tracer("mine")

    async def handle(deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            tracer.start_span("work", context_of(delivery)).end()

    publisher, consumer = await stage.plain_publisher(), await stage.consumer()
    first, second, third = stage.author.write(3)
    await publisher.publish([first, replace(second, traceparent=f"00-{'1' * 32}-{'1' * 16}-00"), third])
    await consume(consumer, 3, handle)
    processes, works = stage.recorder.named("process"), stage.recorder.named("work")
    assert [work.parent for work in works] == [process.id for process in processes]
    assert len(works) == 2


@each
async def raise_in_each(_: Delivery) -> None:
    raise RuntimeError("no luck")


async def raise_in_batch(_: Sequence[Delivery]) -> None:
    raise RuntimeError("no luck")


@pytest.mark.parametrize("handler", [raise_in_each, raise_in_batch])
@pytest.mark.parametrize("number", [1, 2])
@promising(resumes=True)
async def test_what_a_handler_raises_is_the_error_of_its_messages(stage: Stage, handler: Handler, number: int) -> None:
    consumer = await stage.consumer()
    await stage.publish(number)
    batch = await arrival(consumer)
    try:
        await consumer.handler(handler)(batch.deliveries)
    except RuntimeError:
        assert handler is raise_in_batch
    for process in stage.recorder.named("process"):
        assert (process.status, process.text) == ("ERROR", "no luck")
        live = number == 1 or handler is raise_in_each
        assert process.events == (["exception"] if live else [])  # with its traceback
        assert process.facts[names.ERROR_TYPE] == "RuntimeError"
    assert len(stage.recorder.named("process")) == number


@promising(resumes=True)
async def test_a_handler_that_is_cancelled_ends_its_span(stage: Stage) -> None:
    consumer = await stage.consumer()
    await stage.publish(1)
    batch = await arrival(consumer)

    async def wait(_: Sequence[Delivery]) -> None:
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await consumer.handler(wait)(batch.deliveries)
    process = stage.recorder.one("process")
    assert (process.status, process.facts[names.ERROR_TYPE]) == ("ERROR", "CancelledError")


@pytest.mark.parametrize("concurrency", [1, 3])
@promising(persistent=True)
async def test_the_loop_keeps_every_trace_together(stage: Stage, concurrency: int) -> None:
    consumer, left = await stage.consumer(), 50

    @each
    async def handle(_: Delivery) -> None:
        nonlocal left
        left -= 1
        if not left:
            loop.stop()

    options = LoopOptions(concurrency=concurrency)
    loop = ConsumerLoop(consumer, consumer.handler(handle), stage.guarantee, options)
    running = asyncio.ensure_future(loop.run())
    for _ in range(5):
        await stage.publish(10)
    await asyncio.wait_for(running, 20)
    seen = stage.recorder
    assert {one.parent for one in seen.named("process")} == {one.id for one in seen.named("create")}
    assert len(seen.named("process")) == 50
    if stage.guarantee.redelivers:
        linked = [one for settle in seen.named("settle") for one in settle.links or [settle.parent]]
        assert sorted(linked) == sorted(one.id for one in seen.named("process"))


@promising(redelivers=True)
async def test_a_handler_that_takes_too_long_is_an_error_and_comes_again(stage: Stage) -> None:
    consumer = await stage.consumer(retry_delay=0.0)
    options = LoopOptions(handler_timeout=0.1)

    async def slow_at_first(deliveries: Sequence[Delivery]) -> None:
        if deliveries[0].count == 1:
            await asyncio.Event().wait()

    loop = ConsumerLoop(consumer, consumer.handler(slow_at_first), stage.guarantee, options)
    running = asyncio.ensure_future(loop.run())
    await stage.publish(1)
    await eventually(lambda: loop.counters.processed)
    loop.stop()
    await asyncio.wait_for(running, 10)
    first, second = stage.recorder.named("process")
    assert (first.status, second.status, second.parent) == ("ERROR", "UNSET", first.parent)
