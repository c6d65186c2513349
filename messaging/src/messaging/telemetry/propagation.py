"""W3C trace context: between a message's `traceparent` and `tracestate` and a span's context.

The wire format has these two fields and no room for others, so OTEL_PROPAGATORS changes nothing here.
"""

from __future__ import annotations

import re
from random import getrandbits
from typing import TypedDict

from opentelemetry.trace import SpanContext, TraceFlags, TraceState

SAMPLED = TraceFlags.SAMPLED
_TRACEPARENT = re.compile(
    r"(?!ff)(?P<version>[0-9a-f]{2})-(?!0{32})(?P<trace>[0-9a-f]{32})-(?!0{16})(?P<span>[0-9a-f]{16})"
    r"-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?"
)


def read(traceparent: str | None, tracestate: str | None = None) -> SpanContext | None:
    """Return the context that a message carries; None where it carries none, or a malformed one."""
    found = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if found is None or (found["version"] == "00" and found["more"]):
        return None
    return SpanContext(
        trace_id=int(found["trace"], 16),
        span_id=int(found["span"], 16),
        is_remote=True,
        trace_flags=TraceFlags(int(found["flags"], 16)),
        trace_state=TraceState.from_header([tracestate]) if tracestate else None,
    )


def is_sampled(context: SpanContext) -> bool:
    """Tell whether the trace is recorded, as far as its flags say."""
    return bool(context.trace_flags & SAMPLED)


class Carried(TypedDict):
    """What a message carries of its trace."""

    traceparent: str
    tracestate: str | None


def carried(context: SpanContext) -> Carried:
    """Return a context as a message carries it."""
    parent = f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
    state = context.trace_state
    return {"traceparent": parent, "tracestate": state.to_header() if state else None}


def unsampled() -> Carried:
    """Return what a message carries whose trace nobody records: ids of its own, flags 00."""
    return {"traceparent": f"00-{getrandbits(128):032x}-{getrandbits(64):016x}-00", "tracestate": None}
