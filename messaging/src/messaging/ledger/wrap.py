"""Wrappers that keep the ledger: around a publisher, a handler and a fan-out pattern's consumer."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from typing import TypeVar

from messaging.ledger.record import (
    ACKNOWLEDGED,
    FAILED,
    UNKNOWN,
    Attempt,
    Effects,
    Outcomes,
    Received,
    State,
    Subscription,
    grouped,
)
from messaging.ledger.writer import LedgerWriter
from messaging.seam.delivery import Batch, Delivery
from messaging.seam.errors import MessagingError
from messaging.seam.handler import Handler
from messaging.seam.message import Message
from messaging.seam.outcomes import Acknowledged, Failed, Outcome
from messaging.seam.pattern import Backlog, Consumer, Publisher
from messaging.seam.settlements import Ack, Settled, Settlement

T = TypeVar("T")
_CODES: dict[type[Outcome], bytes] = {Acknowledged: ACKNOWLEDGED, Failed: FAILED}


class LedgerPublisher:
    """Records each attempt before the send and its outcome after it."""

    def __init__(self, inner: Publisher, ledger: LedgerWriter, pattern: str, destination: str) -> None:
        """Wrap a publisher of `pattern` to `destination`."""
        self._inner, self._ledger = inner, ledger
        self._pattern, self._destination = pattern, destination

    async def open(self) -> None:
        """Open the wrapped publisher."""
        await self._inner.open()

    async def publish(self, messages: Sequence[Message]) -> list[Outcome]:
        """Publish, with a record on either side.

        What cannot be recorded is not sent: it is `Failed` with the ledger's error. An outcome
        that cannot be recorded waits in the writer and is written before the next attempt.
        """
        groups, order = grouped(messages, time.time())
        attempt = self._ledger.note(Attempt(self._pattern, self._destination, groups))
        try:
            await self._ledger.flush()
        except MessagingError as error:
            self._ledger.note(Outcomes(attempt, FAILED, f"not sent: {error}"))
            return [Failed(error)] * len(messages)
        outcomes = await self._inner.publish(messages)
        with suppress(MessagingError):
            await self._ledger.append(_outcomes(attempt, [outcomes[place] for place in order]))
        return outcomes

    async def backlog(self) -> Backlog:
        """Ask the wrapped publisher."""
        return await self._inner.backlog()

    async def aclose(self) -> None:
        """Close the wrapped publisher; the ledger stays open."""
        await self._inner.aclose()


def _outcomes(attempt: int, outcomes: Sequence[Outcome]) -> Outcomes:
    kinds = set(map(type, outcomes))
    reason = next((str(one.error) for one in outcomes if not isinstance(one, Acknowledged)), "")
    told = outcomes[:1] if len(kinds) == 1 else outcomes
    return Outcomes(attempt, b"".join(_CODES.get(type(one), UNKNOWN) for one in told), reason)


def recorded(
    handler: Handler, ledger: LedgerWriter, pattern: str, destination: str, *, received: bool = False
) -> Handler:
    """Return a handler that records what `handler` acknowledges, before the batch is settled.

    When the record cannot be written it raises MessagingError, so that nothing is acknowledged
    whose effect is not on record.

    Args:
        handler: is given what comes.
        ledger: where it is recorded.
        pattern: by which pattern it comes.
        destination: from where.
        received: whether to record, too, what `handler` is given, before it is called: what is in hand.
    """

    async def handle(deliveries: Sequence[Delivery]) -> Sequence[Settlement] | None:
        began = time.time()
        messages = [delivery.message for delivery in deliveries]
        groups = grouped(messages, began).groups
        if received:
            await ledger.send(Received(pattern, destination, deliveries[0].count, groups))
        settlements = await handler(deliveries)
        if settlements is not None:
            done = zip(messages, settlements, strict=True)
            messages = [message for message, settlement in done if isinstance(settlement, Ack)]
        if messages:
            if len(messages) < len(deliveries):
                groups = grouped(messages, began).groups
            await ledger.append(Effects(pattern, destination, began, groups))
        return settlements

    return handle


class LedgerConsumer:
    """Records when a consumer of a fan-out pattern was subscribed: it is judged for these intervals.

    It never widens an interval: one opens when the subscription is known, and ends when it was
    last known.
    """

    def __init__(self, inner: Consumer, ledger: LedgerWriter, pattern: str, destination: str) -> None:
        """Wrap a consumer of `pattern` at `destination`."""
        self._inner, self._ledger = inner, ledger
        self._pattern, self._destination = pattern, destination
        self._subscribed, self._known = False, 0.0
        self._leaving = False
        self.signals = inner.signals

    async def open(self) -> None:
        """Open the wrapped consumer and record the start of an interval."""
        await self._inner.open()
        self._leaving = False
        self._joined()
        await self._ledger.flush()

    async def receive(self, limit: int) -> Batch:
        """Receive, and note a subscription that was lost or made again on the way."""
        return await self._watched(self._inner.receive(limit))

    async def settle(self, batch: Batch, settlements: Sequence[Settlement] | None = None) -> Settled:
        """Settle through the wrapped consumer."""
        return await self._inner.settle(batch, settlements)

    async def exchange(
        self, batch: Batch, settlements: Sequence[Settlement] | None, limit: int
    ) -> tuple[Settled, Batch]:
        """Settle and receive, and note a subscription that was lost or made again on the way."""
        return await self._watched(self._inner.exchange(batch, settlements, limit))

    async def renew(self, batch: Batch) -> bool:
        """Renew through the wrapped consumer."""
        return await self._inner.renew(batch)

    async def leave(self) -> None:
        """Note the end of the interval, since what comes from now on may not come here any more, and leave."""
        self._closed()
        self._leaving = True
        await self._inner.leave()

    async def hand_back(self, batch: Batch) -> None:
        """Hand back through the wrapped consumer."""
        await self._inner.hand_back(batch)

    async def backlog(self) -> Backlog:
        """Ask the wrapped consumer."""
        return await self._inner.backlog()

    async def aclose(self) -> None:
        """Note the end of the interval and close the wrapped consumer; the ledger stays open."""
        self._closed()
        await self._inner.aclose()

    async def _watched(self, call: Awaitable[T]) -> T:
        before = self.signals.reconnects
        try:
            result = await call
        except MessagingError:
            self._left()
            raise
        if self.signals.reconnects != before:
            self._left()
        self._joined()
        return result

    def _closed(self) -> None:
        if self._subscribed:
            self._note("closed", time.time())
            self._subscribed = False

    def _joined(self) -> None:
        self._known = time.time()
        if not (self._subscribed or self._leaving):
            self._subscribed = True
            self._note("open", self._known)

    def _left(self) -> None:
        if self._subscribed:
            self._subscribed = False
            self._note("lost", self._known)

    def _note(self, state: State, at: float) -> None:
        self._ledger.note(Subscription(self._pattern, self._destination, state, at))
