"""The functions of an application at work: a loop for each, and what a log should say of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from messaging.broker import Broker
from messaging.consumer import ConsumerLoop, LoopOptions, Watcher
from messaging.patterns import PATTERNS
from messaging.seam.delivery import Delivery, Malformed
from messaging.seam.errors import MessagingError
from messaging.seam.handler import Handler
from messaging.seam.options import Options
from messaging.seam.settlements import Ack, Settlement

if TYPE_CHECKING:
    from messaging.telemetry.tracing import Tracing

_log = logging.getLogger("messaging")


@dataclass(frozen=True, slots=True)
class Route:
    """What consumes one destination.

    Attributes:
        pattern: by which pattern.
        handler: is given what comes.
        options: of the destination.
        loop: how it is consumed.
    """

    pattern: str
    handler: Handler
    options: Options
    loop: LoopOptions


class Consuming:
    """One route at work. What goes wrong is logged, by the logger `messaging`, and tried again."""

    def __init__(self, route: Route, broker: Broker, tracing: Tracing | None) -> None:
        """Prepare; nothing is opened before `start`."""
        self._name = f"{route.pattern} {route.options.destination or PATTERNS[route.pattern].destination}"
        self._told, self._away = asyncio.Event(), False
        consumer, handler = broker.consumer(route.pattern, route.options), route.handler
        if tracing is not None:
            traced = tracing.consumer(consumer, route.pattern, route.options)
            consumer, handler = traced, traced.handler(handler)
        watcher = Watcher(self._state, self._malformed, self._answered)
        options = replace(route.loop, lease=route.options.lease)
        self._loop = ConsumerLoop(consumer, handler, PATTERNS[route.pattern].guarantee, options, watcher)
        self._task: asyncio.Task[None] | None = None
        self.stop, self.abort = self._loop.stop, self._loop.abort

    async def start(self) -> None:
        """Begin; return when it will get what is published next, or when the first try to connect failed."""
        self._task = asyncio.create_task(self._loop.run())
        told = asyncio.create_task(self._told.wait())
        await asyncio.wait((self._task, told), return_when=asyncio.FIRST_COMPLETED)
        told.cancel()

    async def done(self) -> None:
        """Wait for the end that `stop` asks for."""
        if self._task is not None:
            await self._task

    def _state(self, error: MessagingError | None) -> None:
        if error is not None and not self._away:
            _log.warning("%s: %s", self._name, error)
        elif error is None and self._away:
            _log.warning("%s: connected again", self._name)
        self._away = error is not None
        self._told.set()

    def _malformed(self, malformed: Malformed) -> None:
        _log.warning("%s: no message, %s", self._name, malformed.error)

    def _answered(self, deliveries: Sequence[Delivery], settlements: Sequence[Settlement]) -> None:
        for delivery, settlement in zip(deliveries, settlements, strict=True):
            if not isinstance(settlement, Ack):
                said = f"{type(settlement).__name__}({settlement.reason})"
                _log.warning("%s: message %s, delivery %d: %s", self._name, delivery.message.id, delivery.count, said)
