"""Spans as OTLP, encoded by hand where they are ours and plain.

The SDK's encoder takes 50 us a span, under the lock that the messages need as well: that is more
than making the span costs, and most of what tracing costs at all. Our spans are alike, so their
bytes are put together from pieces that are encoded once. Any other span goes through the SDK's
encoder; one request takes both, since protobuf joins repeated fields by concatenation.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import lru_cache

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import SpanContext

from messaging.telemetry import names

_IS_REMOTE_KNOWN, _IS_REMOTE = 0x100, 0x200
_FLAGS = b"\x85\x01"
_PLAIN = {str, int}
_MORE = 0x80


class OtlpSpans(OTLPSpanExporter):
    """Sends spans by OTLP over HTTP, as the OTEL_* variables say."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them; failures are tried again for as long as OTEL_EXPORTER_OTLP_TIMEOUT allows."""
        sent = self._client.export(encode(spans))
        return SpanExportResult.SUCCESS if sent.success else SpanExportResult.FAILURE


def encode(spans: Sequence[ReadableSpan]) -> bytes:
    """Return an ExportTraceServiceRequest of spans that one provider has made."""
    ours: list[bytes] = []
    model, others = None, []
    for span in spans:
        encoded = _span(span)
        if encoded is None:
            others.append(span)
        else:
            model = span
            ours.append(_field(b"\x12", encoded))
    request = encode_spans(others).SerializeToString() if others else b""
    return request if model is None else request + _resource_spans(model, b"".join(ours))


def _resource_spans(model: ReadableSpan, spans: bytes) -> bytes:
    """Put encoded spans into the resource and the scope that the SDK's encoder makes of one of them."""
    (frame,) = encode_spans([model]).resource_spans
    scope = ScopeSpans(scope=frame.scope_spans[0].scope, schema_url=frame.scope_spans[0].schema_url)
    resource = ResourceSpans(resource=frame.resource, schema_url=frame.schema_url)
    return _field(b"\x0a", resource.SerializeToString() + _field(b"\x12", scope.SerializeToString() + spans))


def _span(span: ReadableSpan) -> bytes | None:
    """Encode a span; None when it is not ours, or has something that only few have."""
    scope, context, parent, status = span.instrumentation_scope, span.get_span_context(), span.parent, span.status
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
        _ids(context),
        b"" if parent is None else b"\x22\x08" + parent.span_id.to_bytes(8, "big"),
        _text(b"\x2a", span.name),
        struct.pack("<BBBQBQ", 0x30, span.kind.value + 1, 0x39, span.start_time, 0x41, span.end_time),
        *[_attribute(key, value) for key, value in attributes],
        *[_link(link.context) for link in links],
        b"\x70" + _varint(span.dropped_links) if span.dropped_links else b"",
        _status(status.status_code.value, status.description or ""),
        _FLAGS + struct.pack("<I", _flags(parent)),
    ]
    return b"".join(pieces)


def _ids(context: SpanContext) -> bytes:
    return b"\x0a\x10" + context.trace_id.to_bytes(16, "big") + b"\x12\x08" + context.span_id.to_bytes(8, "big")


def _link(context: SpanContext) -> bytes:
    return _field(b"\x6a", _ids(context) + b"\x35" + struct.pack("<I", _flags(context)))


def _flags(context: SpanContext | None) -> int:
    return _IS_REMOTE_KNOWN | (_IS_REMOTE if context is not None and context.is_remote else 0)


@lru_cache(maxsize=1024)
def _attribute(key: str, value: str | int) -> bytes:
    inside = _text(b"\x0a", value) if isinstance(value, str) else b"\x18" + _varint(value % (1 << 64))
    return _field(b"\x4a", _text(b"\x0a", key) + _field(b"\x12", inside))


@lru_cache(maxsize=64)
def _status(code: int, text: str) -> bytes:
    return _field(b"\x7a", (_text(b"\x12", text) if text else b"") + (b"\x18" + _varint(code) if code else b""))


@lru_cache(maxsize=1024)
def _text(tag: bytes, text: str) -> bytes:
    return _field(tag, text.encode())


def _field(tag: bytes, content: bytes) -> bytes:
    return tag + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    pieces = bytearray()
    while number >= _MORE:
        pieces.append(number & (_MORE - 1) | _MORE)
        number >>= 7
    pieces.append(number)
    return bytes(pieces)
