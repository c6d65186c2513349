"""W3C trace context: between a message's `traceparent` and `tracestate` and a span's context.

The wire format has these two fields and no room for others, so OTEL_PROPAGATORS changes nothing here.
"""

from __future__ import annotations

import re
from random import getrandbits
from typing import TypedDict

from opentelemetry.trace import SpanContext, TraceFlags, TraceState

SAMPLED = TraceFlags.SAMPLED
_FLAGS = {f"{flags:02x}": TraceFlags(flags) for flags in range(4)}
_IDS = r"(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})"
_TRACEPARENT = re.compile(rf"(?!ff)([0-9a-f]{{2}})-{_IDS}-([0-9a-f]{{2}})(-.*)?")
_REFUSED = re.compile(rf"(?:00-{_IDS}-[0-9a-f][02468ace]|(?!00|ff)[0-9a-f]{{2}}-{_IDS}-[0-9a-f][02468ace](?:-.*)?)")


def read(traceparent: str | None, tracestate: str | None = None) -> SpanContext | None:
    """Return the context that a message carries; None where it carries none, or a malformed one."""
    found = _TRACEPARENT.fullmatch(traceparent) if traceparent else None
    if found is None:
        return None
    version, trace, span, flags, more = found.groups()
    if more and version == "00":
        return None
    return SpanContext(
        trace_id=int(trace, 16),
        span_id=int(span, 16),
        is_remote=True,
        trace_flags=_FLAGS[flags] if flags in _FLAGS else TraceFlags(int(flags, 16)),
        trace_state=TraceState.from_header([tracestate]) if tracestate else None,
    )


def is_refused(traceparent: str) -> bool:
    """Tell, quicker than `read`, that a message's trace is not recorded, as that of most messages is not."""
    return _REFUSED.fullmatch(traceparent) is not None


def is_sampled(context: SpanContext) -> bool:
    """Tell whether the trace is recorded, as far as its flags say."""
    return bool(context.trace_flags & SAMPLED)


class Carried(TypedDict):
    """What a message carries of its trace."""

    traceparent: str
    tracestate: str | None


def carried(context: SpanContext) -> Carried:
    """Return a context as a message carries it."""
    trace_id, span_id, _, flags, state, _ = context
    parent = f"00-{trace_id:032x}-{span_id:016x}-{flags:02x}"
    return {"traceparent": parent, "tracestate": state.to_header() if state else None}


def unsampled() -> Carried:
    """Return what a message carries whose trace nobody records: ids of its own, flags 00."""
    ids = f"{getrandbits(192):048x}"
    return {"traceparent": f"00-{ids[:32]}-{ids[32:]}-00", "tracestate": None}
