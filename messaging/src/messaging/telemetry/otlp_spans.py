"""Spans as OTLP, encoded by hand where they are ours and plain.

The SDK's encoder takes 50 us a span, under the lock that the messages need as well: that is more
than making the span costs, and most of what tracing costs at all. Our spans are alike, so what
they have in common is encoded once. Any other span goes through the SDK's
encoder; one request takes both, since protobuf joins repeated fields by concatenation.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import SpanContext, SpanKind

from messaging.telemetry import names
from messaging.telemetry.plain_spans import UNSET, Ended, QuietSpan, Usual

_NOT_REMOTE, _REMOTE = b"\x00\x01\x00\x00", b"\x00\x03\x00\x00"
_FLAGS = b"\x85\x01"
_LINK = b"\x6a\x21"  # each is 33 bytes long
_TIMES = struct.Struct("<BQBQ")
_PLAIN = {str, int}
_MORE = 0x80
_SMALL = [bytes([number]) for number in range(_MORE)]


class OtlpSpans(OTLPSpanExporter):
    """Sends spans by OTLP over HTTP, as the OTEL_* variables say."""

    def export(self, spans: Sequence[Ended]) -> SpanExportResult:
        """Send them; failures are tried again for as long as OTEL_EXPORTER_OTLP_TIMEOUT allows."""
        sent = self._client.export(encode(spans))
        return SpanExportResult.SUCCESS if sent.success else SpanExportResult.FAILURE


def encode(spans: Sequence[Ended]) -> bytes:
    """Return an ExportTraceServiceRequest of spans that one provider has made."""
    ours: list[bytes] = []
    model: Ended | None = None
    others: list[ReadableSpan] = []
    for span in spans:
        encoded = _quiet(span) if isinstance(span, QuietSpan) else _span(span)
        if encoded is not None:
            model = span
            ours.append(_field(b"\x12", encoded))
        elif not isinstance(span, QuietSpan):
            others.append(span)
    request = encode_spans(others).SerializeToString() if others else b""
    return request if model is None else request + _resource_spans(model, b"".join(ours))


def _resource_spans(model: Ended, spans: bytes) -> bytes:
    """Put encoded spans into the resource and the scope that the SDK's encoder makes of one of them."""
    (frame,) = encode_spans([model.readable() if isinstance(model, QuietSpan) else model]).resource_spans
    scope = ScopeSpans(scope=frame.scope_spans[0].scope, schema_url=frame.scope_spans[0].schema_url)
    resource = ResourceSpans(resource=frame.resource, schema_url=frame.schema_url)
    return _field(b"\x0a", resource.SerializeToString() + _field(b"\x12", scope.SerializeToString() + spans))


def _quiet(span: QuietSpan) -> bytes:
    parent, status, state = span.parent, span.status, span.context.trace_state
    pieces = [
        _usual(span.usual),
        _ids(span.context),
        _field(b"\x1a", state.to_header().encode()) if state else b"",
        _parent(parent),
        _TIMES.pack(0x39, span.start, 0x41, span.ended),
        *[_attribute(key, value) for key, value in span.more.items()],
        *[_link(context) for context in span.links],
        _FINE if status is UNSET else _status(status.status_code.value, status.description or ""),
    ]
    return b"".join(pieces)


@lru_cache(maxsize=256)
def _usual(usual: Usual) -> bytes:
    attributes = [_attribute(key, value) for key, value in usual.facts.items()]
    return b"".join([_text(b"\x2a", usual.name), _kind(usual.kind), *attributes])


def _span(span: ReadableSpan) -> bytes | None:
    """Encode a span; None when it is not ours, or has something that only few have."""
    scope, context, status = span.instrumentation_scope, span.get_span_context(), span.status
    if scope is None or scope.name != names.SCOPE or context is None or context.trace_state or span.events:
        return None
    attributes, links = list((span.attributes or {}).items()), span.links
    if (
        any(link.attributes for link in links)
        or span.dropped_attributes
        or not {type(value) for _, value in attributes} <= _PLAIN
    ):
        return None
    pieces = [
        _text(b"\x2a", span.name),
        _kind(span.kind),
        _ids(context),
        _parent(span.parent),
        _TIMES.pack(0x39, span.start_time, 0x41, span.end_time),
        *[_attribute(key, value) for key, value in attributes],
        *[_link(link.context) for link in links],
        b"\x70" + _varint(span.dropped_links) if span.dropped_links else b"",
        _status(status.status_code.value, status.description or ""),
    ]
    return b"".join(pieces)


def _kind(kind: SpanKind) -> bytes:
    return struct.pack("<BB", 0x30, kind.value + 1)


def _parent(parent: SpanContext | None) -> bytes:
    """Encode a parent's id, and the flags that tell whether it is remote."""
    if parent is None:
        return _FLAGS + _NOT_REMOTE
    return b"\x22\x08" + parent.span_id.to_bytes(8, "big") + _FLAGS + _flags(parent)


def _ids(context: SpanContext) -> bytes:
    trace_id, span_id, *_ = context
    return b"\x0a\x10" + trace_id.to_bytes(16, "big") + b"\x12\x08" + span_id.to_bytes(8, "big")


def _link(context: SpanContext) -> bytes:
    return _LINK + _ids(context) + b"\x35" + _flags(context)


def _flags(context: SpanContext) -> bytes:
    return _REMOTE if context.is_remote else _NOT_REMOTE


def _attribute(key: str, value: Any) -> bytes:  # noqa: ANN401 - text or a number, but the SDK's type says more
    if key == names.MESSAGE_ID:  # each is another: to keep them costs more than it saves
        return _field(b"\x4a", _ID + _field(b"\x12", _field(b"\x0a", str(value).encode())))
    return _usual_attribute(key, value)


@lru_cache(maxsize=1024)
def _usual_attribute(key: str, value: str | int) -> bytes:
    inside = _field(b"\x0a", value.encode()) if isinstance(value, str) else b"\x18" + _varint(value % (1 << 64))
    return _field(b"\x4a", _text(b"\x0a", key) + _field(b"\x12", inside))


@lru_cache(maxsize=64)
def _status(code: int, text: str) -> bytes:
    return _field(b"\x7a", (_text(b"\x12", text) if text else b"") + (b"\x18" + _varint(code) if code else b""))


@lru_cache(maxsize=1024)
def _text(tag: bytes, text: str) -> bytes:
    return _field(tag, text.encode())


def _field(tag: bytes, content: bytes) -> bytes:
    size = len(content)
    return tag + (_SMALL[size] if size < _MORE else _varint(size)) + content


def _varint(number: int) -> bytes:
    pieces = bytearray()
    while number >= _MORE:
        pieces.append(number & (_MORE - 1) | _MORE)
        number >>= 7
    pieces.append(number)
    return bytes(pieces)


_FINE = _status(0, "")
_ID = _text(b"\x0a", names.MESSAGE_ID)
