"""What a message carries, and what is made of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from messaging.telemetry.tracing.propagation import carried, is_refused, is_sampled, read, unsampled
from tests.support.promising import promising
from tests.telemetry.recorder import Recorder
from tests.telemetry.stage import Stage, arrival, consume

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED, UNSAMPLED = f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-00"
MALFORMED = (
    "",
    "nonsense",
    "x" * 100_000,
    SAMPLED.upper(),
    SAMPLED[:-1],
    f"{SAMPLED}-more",
    f"ff-{TRACE}-{SPAN}-01",
    f"00-{'0' * 32}-{SPAN}-01",
    f"00-{TRACE}-{'0' * 16}-01",
    f"00-{TRACE}-{SPAN}-0g",
    f"00-{'g' * 32}-{SPAN}-00",
    f"00-{TRACE}-{SPAN}-01\n",
    f" {SAMPLED}",
)


@pytest.mark.parametrize("text", MALFORMED)
def test_a_malformed_context_is_none(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize("text", [SAMPLED, UNSAMPLED, f"00-{TRACE}-{SPAN}-03", f"01-{TRACE}-{SPAN}-01-more"])
def test_a_context_is_read_as_opentelemetry_reads_it(text: str) -> None:
    carrier = {"traceparent": text, "tracestate": "vendor=1,other=2"}
    theirs = trace.get_current_span(TraceContextTextMapPropagator().extract(carrier)).get_span_context()
    ours = read(text, carrier["tracestate"])
    assert ours == theirs
    assert ours is not None
    assert ours.is_remote


@given(st.text(max_size=80) | st.from_regex(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", fullmatch=True))
def test_whatever_is_read_can_be_carried_on(text: str) -> None:
    context = read(text)
    if context is not None:
        assert read(carried(context)["traceparent"]) == context


@given(
    st.text(max_size=80)
    | st.sampled_from([*MALFORMED, SAMPLED, UNSAMPLED])
    | st.from_regex(r"(0[01]|ff|cc)-([0-9a-f]{32}|0{32})-([0-9a-f]{16}|0{16})-[0-9a-f]{2}(-.*)?", fullmatch=True)
)
def test_what_is_refused_at_a_glance_is_refused(text: str) -> None:
    context = read(text)
    assert is_refused(text) == (context is not None and not is_sampled(context))


def test_what_is_not_sampled_says_so() -> None:
    assert is_refused(unsampled()["traceparent"])
    context = read(unsampled()["traceparent"])
    assert context is not None
    assert not is_sampled(context)


@pytest.mark.parametrize("text", [None, *MALFORMED])
async def test_a_message_with_any_malformed_context_is_processed_in_a_new_trace(stage: Stage, text: str | None) -> None:
    consumer, publisher = await stage.consumer(), await stage.plain_publisher()
    await publisher.publish([replace(stage.author.message(), traceparent=text, tracestate="vendor=1")])
    (settled,) = await consume(consumer, 1)
    assert settled.acked == 1
    process = stage.recorder.one("process")
    assert (process.parent, process.status) == (0, "UNSET")
    assert process.trace not in {0, int(TRACE, 16)}


@pytest.mark.parametrize("text", [None, "nonsense", f"00-{TRACE}-{'0' * 16}-01"])
@promising(redelivers=True)
async def test_a_message_without_a_usable_context_is_processed_in_a_new_trace(stage: Stage, text: str | None) -> None:
    """As another program's messages are."""
    consumer, publisher = await stage.consumer(), await stage.plain_publisher()
    await publisher.publish([replace(stage.author.message(), traceparent=text)])
    (settled,) = await consume(consumer, 1)
    assert settled.acked == 1
    process, receive = stage.recorder.one("process"), stage.recorder.one("receive")
    assert (process.parent, process.links, receive.links) == (0, [receive.id], [])
    assert stage.recorder.one("settle").parent == process.id


@promising(fan_out=False)
async def test_such_messages_are_sampled_by_the_rate(stage: Stage) -> None:
    never = Recorder(0.0)
    consumer, publisher = await stage.consumer(never.tracing), await stage.plain_publisher()
    await publisher.publish(stage.author.write(5))
    await consume(consumer, 5)
    assert never.spans == []


@promising(fan_out=False)
async def test_the_publisher_decides(stage: Stage) -> None:
    """A consumer that samples no new trace goes on with one that is sampled, and the other way round."""
    always, never = Recorder(1.0), Recorder(0.0)
    consumer, publisher = await stage.consumer(never.tracing), await stage.publisher(always.tracing)
    await publisher.publish(stage.author.write(1))
    await consume(consumer, 1)
    assert never.one("process").parent == always.one("send").id
    publisher, consumer = await stage.publisher(never.tracing), await stage.consumer(always.tracing)
    await publisher.publish(stage.author.write(1))
    await consume(consumer, 1)
    assert len(always.spans) == 1


async def test_flags_00_are_passed_on(stage: Stage) -> None:
    consumer, publisher = await stage.consumer(), await stage.publisher()
    await publisher.publish([replace(stage.author.message(), traceparent=UNSAMPLED, tracestate="vendor=1")])
    batch = await arrival(consumer)
    message = batch.deliveries[0].message
    assert (message.traceparent, message.tracestate) == (UNSAMPLED, "vendor=1")
    assert stage.recorder.spans == []


@pytest.mark.parametrize("number", [1, 3])
@promising(fan_out=False)
async def test_a_message_that_is_passed_on_keeps_its_context(stage: Stage, number: int) -> None:
    consumer, publisher = await stage.consumer(), await stage.publisher()
    messages = [replace(message, traceparent=SAMPLED) for message in stage.author.write(number)]
    await publisher.publish(messages)
    await consume(consumer, number)
    send = stage.recorder.one("send")
    assert (send.kind, send.links) == ("CLIENT", [int(SPAN, 16)] * number)
    assert stage.recorder.named("create") == []
    assert {one.trace for one in stage.recorder.named("process")} == {int(TRACE, 16)}


@promising(fan_out=False)
async def test_a_malformed_context_is_replaced_where_it_is_sent(stage: Stage) -> None:
    consumer, publisher = await stage.consumer(), await stage.publisher()
    await publisher.publish([replace(stage.author.message(), traceparent="nonsense")])
    (delivery,) = (await arrival(consumer)).deliveries
    assert read(delivery.message.traceparent) is not None


@pytest.mark.parametrize("number", [1, 2])
@promising(fan_out=False)
async def test_a_publish_inside_a_span_goes_on_with_its_trace(stage: Stage, number: int) -> None:
    publisher = await stage.publisher()
    with stage.recorder.provider.get_tracer("test").start_as_current_span("request") as request:
        await publisher.publish(stage.author.write(number))
    context = request.get_span_context()
    made = [span for span in stage.recorder.spans if span.name != "request"]
    assert {(span.trace, span.parent) for span in made} == {(context.trace_id, context.span_id)}


@promising(fan_out=False)
async def test_a_publish_inside_a_span_that_is_not_sampled_carries_its_context(stage: Stage) -> None:
    consumer, publisher = await stage.consumer(), await stage.publisher()
    context = read(UNSAMPLED, "vendor=1")
    assert context is not None
    with trace.use_span(trace.NonRecordingSpan(context)):
        await publisher.publish(stage.author.write(2))
    batch = await arrival(consumer)
    assert {(one.message.traceparent, one.message.tracestate) for one in batch.deliveries} == {(UNSAMPLED, "vendor=1")}
    assert stage.recorder.spans == []


@promising(resumes=True)
async def test_a_sampler_that_follows_no_parent_is_asked_for_each_message(stage: Stage) -> None:
    """OTEL_TRACES_SAMPLER=always_on: a message that says no is traced all the same."""
    stubborn = Recorder(1.0, parent_based=False)
    consumer, publisher = await stage.consumer(stubborn.tracing), await stage.plain_publisher()
    await publisher.publish([replace(stage.author.message(), traceparent=UNSAMPLED)])
    await consume(consumer, 1)
    process = stubborn.one("process")
    assert (process.trace, process.parent) == (int(TRACE, 16), int(SPAN, 16))
