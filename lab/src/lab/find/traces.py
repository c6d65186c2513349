"""A message's traces, as Jaeger keeps them: asked for by the message's id, with a link to each."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, get_args
from urllib.error import URLError
from urllib.parse import quote, urlencode
from urllib.request import urlopen

import msgspec
from msgspec import Struct, field

from lab.find.history import Moment, NotFoundError
from messaging.ledger.record import Role
from messaging.telemetry import names

_PATIENCE = 10.0
_MICROSECONDS = 1e6
_OURS: tuple[str, ...] = get_args(Role)
_ERROR_WORDS = "otel.status_description"
T = TypeVar("T")


class _Tag(Struct):
    key: str
    value: Any


class _Process(Struct):
    service: str = field(name="serviceName")
    tags: list[_Tag] = []


class _Span(Struct):
    name: str = field(name="operationName")
    start: int = field(name="startTime")
    duration: int
    process: str = field(name="processID")
    tags: list[_Tag] = []


class _Trace(Struct):
    identity: str = field(name="traceID")
    spans: list[_Span]
    processes: dict[str, _Process]


class _Answer(Struct, Generic[T]):
    data: list[T] | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """One trace of a message.

    Attributes:
        pattern: the pattern by which it went.
        link: its page.
        moments: when each span began, and what it says; UNIX seconds.
    """

    pattern: str
    link: str
    moments: list[Moment]


async def traces_of(url: str, message_id: str) -> list[Trace]:
    """Return a message's traces, one for each pattern by which it went, as far as it was sampled.

    Args:
        url: where Jaeger's page is: its query API is below it.
        message_id: the message's id.

    Raises:
        NotFoundError: nobody answers there, or somebody else than Jaeger.
    """
    base = url.rstrip("/")
    wanted = json.dumps({names.MESSAGE_ID: message_id})
    for service in sorted(await _ask(base, "services", str), key=_turn):
        found = await _ask(base, f"traces?{urlencode({'service': service, 'tags': wanted})}", _Trace)
        if found:  # a trace comes whole, with every service's spans
            return sorted((_trace(base, each) for each in found), key=lambda trace: trace.moments)
    return []


def _turn(service: str) -> int:
    """Return when to ask for a service's: a receive has a trace of its own, which is none of the publisher's."""
    return _OURS.index(service) if service in _OURS else len(_OURS)


async def _ask(base: str, what: str, kind: type[T]) -> list[T]:
    address = f"{base}/api/{what}"
    if not address.startswith(("http://", "https://")):
        raise NotFoundError(f"--trace-url {base}: give Jaeger's address, as in http://localhost:16686")
    try:
        answer = await asyncio.to_thread(_fetch, address)
        return msgspec.json.decode(answer, type=_Answer[kind]).data or []  # type: ignore[valid-type]
    except (URLError, OSError, ValueError) as error:  # msgspec's are ValueErrors
        raise NotFoundError(f"--trace-url {base} does not answer as Jaeger does: {error}") from None


def _fetch(address: str) -> bytes:
    with urlopen(address, timeout=_PATIENCE) as answer:  # noqa: S310 - the scheme is looked at above
        return bytes(answer.read())


def _trace(base: str, trace: _Trace) -> Trace:
    patterns = {_facts(span.tags).get(names.PATTERN, "") for span in trace.spans} - {""}
    pattern = ", ".join(sorted(patterns))
    moments = sorted((span.start / _MICROSECONDS, f"{pattern}: {_told(span, trace)}") for span in trace.spans)
    return Trace(pattern, f"{base}/trace/{quote(trace.identity)}", moments)


def _told(span: _Span, trace: _Trace) -> str:
    process = trace.processes[span.process]
    who = _facts(process.tags)
    by = who.get(names.POD_NAME) or who.get(names.SERVICE_INSTANCE) or process.service
    return ", ".join(
        [f"{span.name.split()[0]} by {by}", f"{span.duration / 1000:.3g} ms", *_remarks(_facts(span.tags))]
    )


def _remarks(facts: dict[str, Any]) -> Iterator[str]:
    if facts.get(names.DELIVERY_COUNT, 1) > 1:
        yield f"delivery {facts[names.DELIVERY_COUNT]}"
    for name in (names.SETTLEMENT, names.OUTCOME, names.ERROR_TYPE, _ERROR_WORDS):
        if name in facts:
            yield str(facts[name])


def _facts(tags: list[_Tag]) -> dict[str, Any]:
    return {tag.key: tag.value for tag in tags}
