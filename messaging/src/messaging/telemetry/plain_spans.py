"""Spans that nobody sees before they have ended: plain values, until somebody asks for more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import time_ns
from types import TracebackType
from typing import Protocol, Self

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode

from messaging.telemetry import names

Attributes = Mapping[str, str | int]
UNSET = Status()
"""Of a span that nobody has said anything about."""


class Noted(Protocol):
    """A span, as far as one can note something in it."""

    def set_attributes(self, attributes: Attributes) -> None:
        """Add attributes."""

    def set_status(self, status: StatusCode, description: str | None = None) -> None:
        """Say how it went."""


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """What all spans of one operation at one destination have in common.

    Attributes:
        name: their name.
        kind: their kind.
        facts: the attributes that all of them have.
        resource: who makes them.
        scope: what makes them.
        most_links: how many links one may have.
        hand_over: is given what has ended.
    """

    name: str
    kind: SpanKind
    facts: Attributes
    resource: Resource
    scope: InstrumentationScope
    most_links: int
    hand_over: Callable[[QuietSpan], None]


class QuietSpan:
    """A span that no code of others sees before it has ended.

    That takes a fifth of the time of a live one. As a block it ends with the block, and what the
    block raises is its error.

    Attributes:
        usual: what it has in common with others.
        context: its ids.
        parent: its parent's.
        more: its own attributes.
        links: what it is linked to.
        status: how it went.
        start, ended: when, in nanoseconds of UNIX time.
    """

    __slots__ = ("context", "ended", "links", "more", "parent", "start", "status", "usual")

    def __init__(
        self,
        usual: Usual,
        context: SpanContext,
        parent: SpanContext | None,
        more: dict[str, str | int],
        links: Sequence[SpanContext],
        start: int,
    ) -> None:
        """Begin."""
        self.usual, self.context, self.parent, self.more = usual, context, parent, more
        self.links, self.start, self.ended, self.status = links, start, 0, UNSET

    def set_attributes(self, attributes: Attributes) -> None:
        """Add attributes."""
        self.more = {**self.more, **attributes}

    def set_status(self, status: StatusCode, description: str | None = None) -> None:
        """Say how it went."""
        self.status = Status(status, description)

    def end(self, at: int | None = None) -> None:
        """Hand it over for export; `at` is in nanoseconds of UNIX time, None: now."""
        self.ended = time_ns() if at is None else at
        if len(self.links) > self.usual.most_links:
            self.links = self.links[-self.usual.most_links :]
        self.usual.hand_over(self)

    def readable(self) -> ReadableSpan:
        """Return it as OpenTelemetry's SDK has it."""
        usual = self.usual
        return ReadableSpan(
            name=usual.name,
            context=self.context,
            parent=self.parent,
            resource=usual.resource,
            attributes={**usual.facts, **self.more},
            links=[Link(context) for context in self.links],
            kind=usual.kind,
            status=self.status,
            start_time=self.start,
            end_time=self.ended,
            instrumentation_scope=usual.scope,
        )

    def __enter__(self) -> Self:
        """Begin the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End with the block."""
        if error is not None:
            fail(self, type(error).__name__, str(error))
        self.end()


Ended = ReadableSpan | QuietSpan
"""What is exported."""


def fail(span: Noted, kind: str, text: str) -> None:
    """Note that what a span stands for went wrong: a short kind, and the words."""
    span.set_attributes({names.ERROR_TYPE: kind})
    span.set_status(StatusCode.ERROR, text)
