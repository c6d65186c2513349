"""Spans that are encoded by hand are those that the SDK's encoder makes, byte for byte once they are read."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, StatusCode
from opentelemetry.trace.status import Status

from messaging.settings.otel import Sampling
from messaging.telemetry import names
from messaging.telemetry.otlp_spans import encode
from messaging.telemetry.propagation import read
from messaging.telemetry.provider import MessageTracerProvider
from messaging.telemetry.spans import CREATE, SETTLE, Spans, about

REMOTE = read("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
WITH_STATE = read("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "vendor=1")


class Keep(SpanProcessor):
    """Keeps what has ended."""

    def __init__(self) -> None:
        """Begin empty."""
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        """Keep it."""
        self.spans.append(span)


def ended(scope: str = names.SCOPE) -> tuple[ReadableSpan, Keep]:
    """Return a span that has just ended, and where others of its kind go."""
    keep = Keep()
    provider = MessageTracerProvider(keep, Sampling(), Resource({"service.name": "me", "process.pid": 7}))
    provider.get_tracer(scope, "1").start_span("x").end()
    return keep.spans[0], keep


def variant(**changes: object) -> ReadableSpan:
    """Return a span of ours that differs in some ways."""
    model, _ = ended()
    given = {
        "name": model.name,
        "context": model.context,
        "resource": model.resource,
        "instrumentation_scope": model.instrumentation_scope,
        "start_time": time.time_ns(),
        "end_time": time.time_ns(),
        "kind": model.kind,
    }
    return ReadableSpan(**given | changes)


def assert_same(spans: Sequence[ReadableSpan]) -> None:
    """Compare both encoders."""
    ours, theirs = ExportTraceServiceRequest.FromString(encode(spans)), encode_spans(spans)
    assert spans_of(ours) == spans_of(theirs)


def spans_of(request: ExportTraceServiceRequest) -> list[tuple[bytes, ...]]:
    """Return every span with what it belongs to."""
    return sorted(
        (resource.resource.SerializeToString(), scope.scope.SerializeToString(), span.SerializeToString())
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    )


@given(
    st.dictionaries(st.text(min_size=1), st.text() | st.integers(-(2**63), 2**63 - 1)),
    st.text(),
    st.sampled_from([REMOTE, None]),
)
def test_any_text_and_number(attributes: dict[str, str | int], name: str, parent: object) -> None:
    assert_same([variant(attributes=attributes, name=name, parent=parent)])


def test_status_kind_and_links() -> None:
    assert REMOTE is not None
    assert WITH_STATE is not None
    model, _ = ended()
    assert model.context is not None
    links = [Link(REMOTE), Link(model.context), Link(WITH_STATE)]
    spans = [
        variant(status=Status(StatusCode.ERROR, "went wrong: ü")),
        variant(status=Status(StatusCode.OK)),
        variant(links=links * 300),
        variant(parent=model.context),
        *[variant(kind=kind) for kind in type(model.kind)],
    ]
    assert_same(spans)


def test_what_is_not_plain_goes_along() -> None:
    other, _ = ended("somebody's")
    model, keep = ended()
    provider = MessageTracerProvider(keep, Sampling(), model.resource)
    with provider.get_tracer(names.SCOPE, "1").start_as_current_span("events") as span:
        span.add_event("something")
        span.set_attributes({"ratio": 0.5, "yes": True, "list": ["a", "b"]})
    assert WITH_STATE is not None
    linked = [variant(context=WITH_STATE), variant(links=[Link(WITH_STATE, {"a": "b"})])]
    assert_same([model, other, *keep.spans, *linked, model])


@pytest.mark.parametrize("parent", [None, REMOTE, WITH_STATE])
@pytest.mark.parametrize("links", [(), (REMOTE, WITH_STATE), (REMOTE,) * 300])
def test_a_quiet_span_is_what_the_sdk_makes_of_it(parent: SpanContext | None, links: tuple[SpanContext, ...]) -> None:
    keep = Keep()
    provider = MessageTracerProvider(keep, Sampling(), Resource({"service.name": "me"}))
    spans = Spans(provider, InstrumentationScope(names.SCOPE, "1"), "orders", {names.SYSTEM: "redis", "port": 6379})
    fine, bad = (spans.quiet(CREATE, about(1, "id-ü" * 50), parent, links) for _ in range(2))
    fine.end()
    bad.set_attributes({names.BATCH_COUNT: 3})
    with pytest.raises(ValueError, match="no"), bad:
        raise ValueError("no: ü")
    other = spans.quiet(SETTLE, about(3, ""), parent, links)
    other.end(7)
    ours, theirs = ExportTraceServiceRequest.FromString(encode([fine, bad, other])), encode_spans(keep.spans)
    assert spans_of(ours) == spans_of(theirs)
    assert [span.end_time for span in keep.spans][2] == 7
    assert len(spans_of(ours)) == 3


def test_nothing() -> None:
    assert encode([]) == b""
