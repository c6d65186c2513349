"""W3C trace context: between a message's `traceparent` and `tracestate` and a span's context.

The wire format has these two fields and no room for others, so OTEL_PROPAGATORS changes nothing here.
"""

from __future__ import annotations

import re
from random import getrandbits
from typing import TypedDict

from opentelemetry.trace import SpanContext, TraceFlags, TraceState

_TRACEPARENT = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


def read(traceparent: str | None, tracestate: str | None = None) -> SpanContext | None:
    """Return the context that a message carries; None where it carries none, or a malformed one."""
    found = _parts(traceparent) if traceparent else None
    if found is None:
        return None
    return SpanContext(
        trace_id=int(found[2], 16),
        span_id=int(found[3], 16),
        is_remote=True,
        trace_flags=TraceFlags(int(found[4], 16)),
        trace_state=TraceState.from_header([tracestate]) if tracestate else None,
    )


def is_refused(traceparent: str) -> bool:
    """Tell, quicker than `read`, that a message's trace is not recorded, as that of most messages is not."""
    found = _parts(traceparent)
    return found is not None and found[4][1] in "02468ace"


def _parts(traceparent: str) -> re.Match[str] | None:
    found = _TRACEPARENT.fullmatch(traceparent)
    return None if found is None or (found[5] and found[1] == "00") else found


def is_sampled(context: SpanContext) -> bool:
    """Tell whether the trace is recorded, as far as its flags say."""
    return bool(context.trace_flags & TraceFlags.SAMPLED)


class Carried(TypedDict):
    """What a message carries of its trace."""

    traceparent: str
    tracestate: str | None


def carried(context: SpanContext, flags: int | None = None) -> Carried:
    """Return a context as a message carries it; `flags`: other ones than its own."""
    shown = context.trace_flags if flags is None else flags
    parent = f"00-{context.trace_id:032x}-{context.span_id:016x}-{shown:02x}"
    return {"traceparent": parent, "tracestate": context.trace_state.to_header() or None}


def unsampled(parent: SpanContext | None = None) -> Carried:
    """Return what a message carries that has no span: its parent's ids, or some of its own, and a flag that says so."""
    if parent is not None:
        return carried(parent, parent.trace_flags & ~TraceFlags.SAMPLED)
    ids = f"{getrandbits(192):048x}"
    return {"traceparent": f"00-{ids[:32]}-{ids[32:]}-00", "tracestate": None}
