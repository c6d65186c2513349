"""Which messages are sampled: by the ratio, by their parents, and never more a second than the cap allows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span

from messaging import Message, Options, Publisher
from messaging.memory import MemoryBroker
from messaging.settings.otel import Sampling
from messaging.telemetry.tracing.propagation import is_sampled, read
from messaging.telemetry.tracing.sampling import Choice, TraceIds, sampler_of
from messaging.telemetry.tracing.spans import below
from tests.support.messages import written
from tests.telemetry.recorder import Recorder
from tests.telemetry.stage import arrival, fine

RATES = st.floats(1e-9, 1.0)
PARENT = SpanContext(7, 7, is_remote=False, trace_flags=TraceFlags(1))
UNSAMPLED = f"00-{'1' * 32}-{'1' * 16}-00"


class Clock:
    """A clock that a test turns."""

    now = 1000.0

    def __call__(self) -> float:
        """Return the time, in seconds."""
        return self.now


def recorder(cap: int, clock: Clock, *, parent_based: bool = True) -> Recorder:
    """Sample every message that the cap allows, by a clock."""
    return Recorder(1.0, parent_based=parent_based, cap=cap, clock=clock)


async def through(
    publishing: Recorder | None, consuming: Recorder | None, messages: Sequence[Message]
) -> list[Message]:
    """Send messages through memory, each side traced by its recorder, handle them, and return what came."""
    broker, options = MemoryBroker(), Options(destination="here", block=0.01)
    publisher: Publisher = broker.publisher("queue", options)
    if publishing:
        publisher = publishing.tracing.publisher(publisher, "queue", options)
    await publisher.publish(messages)
    consumer = (consuming or Recorder(0.0)).tracing.consumer(broker.consumer("queue", options), "queue", options)
    await consumer.open()
    batch = await arrival(consumer)
    await consumer.handler(fine)(batch.deliveries)
    return [delivery.message for delivery in batch.deliveries]


def sampled(messages: Sequence[Message]) -> int:
    """Count those that say they are."""
    contexts = [read(message.traceparent) for message in messages]
    return sum(context is not None and is_sampled(context) for context in contexts)


@given(RATES)
def test_a_sampler_of_the_same_ratio_takes_the_ids_that_are_made_for_it(rate: float) -> None:
    ids = TraceIds(rate)
    result = sampler_of(Sampling(rate)).should_sample(None, ids.generate_trace_id(), "x")
    assert result.decision is Decision.RECORD_AND_SAMPLE
    assert ids.is_trace_id_random() == (rate == 1.0)


@pytest.mark.parametrize("rate", [0.01, 0.3, 0.9])
def test_the_share_is_the_rate_however_messages_are_grouped(rate: float) -> None:
    choice, rounds, sizes = Choice(Sampling(rate)), 200, (*[1] * 100, 7, 100, 1000)
    chosen = [0] * max(sizes)
    for _ in range(rounds):
        for size in sizes:
            places = choice.new(size)
            assert list(places) == sorted({place for place in places if 0 <= place < size})
            for place in places:
                chosen[place] += 1
    drawn = rounds * sum(sizes)
    assert abs(sum(chosen) - drawn * rate) < 6 * (drawn * rate * (1 - rate)) ** 0.5  # wrong once in 10^9 runs
    first = rounds * 103  # the first places are chosen as often as any
    assert abs(chosen[0] - first * rate) < 6 * (first * rate * (1 - rate)) ** 0.5


def test_all_or_nothing() -> None:
    assert list(Choice(Sampling(1.0)).new(3)) == [0, 1, 2]
    assert list(Choice(Sampling(0.0)).new(3)) == []


@given(st.integers(1, 2**128 - 1), st.booleans(), RATES, st.booleans())
def test_what_has_a_parent_is_decided_as_by_the_sampler(
    trace: int,
    flagged: bool,  # noqa: FBT001
    rate: float,
    parent_based: bool,  # noqa: FBT001
) -> None:
    sampling = Sampling(rate, parent_based=parent_based)
    parent = SpanContext(trace, 1, is_remote=True, trace_flags=TraceFlags(int(flagged)))
    theirs = sampler_of(sampling).should_sample(below(parent), trace, "x").decision is Decision.RECORD_AND_SAMPLE
    assert Choice(sampling).takes(parent) == theirs
    assert is_sampled(parent) == flagged


def test_a_cap_is_a_seconds_worth_and_what_is_left_over_is_kept_for_one_more() -> None:
    choice = Choice(Sampling(per_second=8), clock := Clock())
    taken = []
    for wait in (0.0, 0.0, 0.0625, 0.0625, 0.5, 100.0):
        clock.now += wait
        taken.append(len(choice.new(50)))
    assert taken == [8, 0, 0, 1, 4, 8]


@pytest.mark.parametrize("rate", [1.0, 0.5])
def test_a_busy_process_saves_up_a_tenth_of_a_second_for_one_batch(rate: float) -> None:
    choice = Choice(Sampling(rate, per_second=100), clock := Clock())
    assert len(choice.new(1000)) == 100
    taken = []
    for _ in range(6):
        clock.now += 0.0625
        taken.append(len(choice.new(1000)))
    assert taken == [0, 12, 0, 13, 0, 12]


def test_the_cap_takes_any_of_a_batch() -> None:
    choice = Choice(Sampling(per_second=1), clock := Clock())
    seen = set()
    for _ in range(200):
        clock.now += 1
        seen |= set(choice.new(10))
    assert seen == set(range(10))  # one is missing once in 10^8 runs


def test_one_cap_holds_for_all_that_a_process_publishes() -> None:
    few = recorder(10, Clock())
    for pattern in ("queue", "stream"):
        publisher = few.tracing.publisher(MemoryBroker().publisher(pattern), pattern)
        asyncio.run(_publish(publisher, 8))
    assert len(few.named("create")) == 10


async def _publish(publisher: Publisher, number: int) -> None:
    await publisher.publish(written(number))


async def test_what_the_cap_refuses_is_carried_as_not_sampled_to_its_end() -> None:
    few = recorder(3, Clock())
    messages = await through(few, few, written(10))
    assert sampled(messages) == len(few.named("create")) == len(few.named("process")) == 3


@pytest.mark.parametrize("number", [1, 10])
async def test_a_publish_inside_a_sampled_span_counts_too(number: int) -> None:
    few = recorder(3, Clock())
    with use_span(NonRecordingSpan(PARENT)):
        messages = [one for _ in range(5) for one in await through(few, None, written(number))]
    assert sampled(messages) == 3
    assert {context.trace_id for one in messages if (context := read(one.traceparent))} == {PARENT.trace_id}


async def test_what_comes_sampled_goes_on_whatever_the_cap() -> None:
    few = recorder(3, Clock())
    await through(Recorder(1.0), few, written(10))
    assert len(few.named("process")) == 10


@pytest.mark.parametrize("parent_based", [True, False])
async def test_the_cap_bounds_what_a_consumer_begins(*, parent_based: bool) -> None:
    few = recorder(3, Clock(), parent_based=parent_based)
    await through(None, few, written(10))
    assert len(few.named("process")) == 3


async def test_the_cap_bounds_a_sampler_that_follows_no_parent() -> None:
    few = recorder(3, Clock(), parent_based=False)
    await through(None, few, [replace(one, traceparent=UNSAMPLED) for one in written(10)])
    assert len(few.named("process")) == 3
