"""What is chosen before there is a span is what the sampler takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import SpanContext, TraceFlags

from messaging.settings.otel import Sampling
from messaging.telemetry.propagation import is_sampled
from messaging.telemetry.provider import MessageTracerProvider
from messaging.telemetry.sampling import TraceIds
from messaging.telemetry.spans import below

RATES = st.floats(1e-9, 1.0)


@given(RATES)
def test_the_sampler_takes_the_ids_that_are_made_for_it(rate: float) -> None:
    provider = MessageTracerProvider(SpanProcessor(), Sampling(rate), Resource.get_empty())
    provider.ids.keep(provider.ids.sampled())
    assert provider.get_tracer("test").start_span("x").is_recording()


def test_an_id_is_kept_for_one_trace_only() -> None:
    ids = TraceIds(Sampling(0.5))
    ids.keep(7)
    assert ids.generate_trace_id() == 7
    assert ids.generate_trace_id() != 7


@pytest.mark.parametrize("rate", [0.01, 0.3, 0.9])
def test_the_share_is_the_rate_however_messages_are_grouped(rate: float) -> None:
    ids, total, sizes = TraceIds(Sampling(rate)), 200_000, (1, 7, 100, 1000)
    chosen = 0
    for number in range(total // sum(sizes)):
        for size in sizes:
            places = ids.choose(size)
            assert list(places) == sorted({place for place in places if 0 <= place < size}), number
            chosen += len(places)
    drawn = total // sum(sizes) * sum(sizes)
    deviation = (drawn * rate * (1 - rate)) ** 0.5
    assert abs(chosen - drawn * rate) < 6 * deviation  # wrong once in 10^9 runs


def test_all_or_nothing() -> None:
    assert list(TraceIds(Sampling(1.0)).choose(3)) == [0, 1, 2]
    assert list(TraceIds(Sampling(0.0)).choose(3)) == []


@given(st.integers(1, 2**128 - 1), st.booleans(), RATES, st.booleans())
def test_what_has_a_parent_is_decided_as_by_the_sampler(
    trace: int,
    sampled: bool,  # noqa: FBT001
    rate: float,
    parent_based: bool,  # noqa: FBT001
) -> None:
    provider = MessageTracerProvider(SpanProcessor(), Sampling(rate, parent_based=parent_based), Resource.get_empty())
    parent = SpanContext(trace, 1, is_remote=True, trace_flags=TraceFlags(int(sampled)))
    theirs = provider.sampler.should_sample(below(parent), trace, "x").decision is Decision.RECORD_AND_SAMPLE
    assert provider.ids.takes(parent) == theirs
    assert is_sampled(parent) == sampled
