"""An application: functions that consume, `publish` for any task, and an end in good order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from messaging.app.body import text_of
from messaging.app.consuming import Consuming, Route
from messaging.app.functions import handler_of
from messaging.app.outbox import Outbox
from messaging.broker import Broker
from messaging.consumer import LoopOptions
from messaging.lifecycle import GaveUp, Shutdown, supervise
from messaging.patterns import PATTERNS
from messaging.seam.errors import SettingsError
from messaging.seam.ids import Life
from messaging.seam.message import Message
from messaging.seam.options import Options, consumer_name
from messaging.seam.outcomes import Outcome

if TYPE_CHECKING:
    from messaging.telemetry.tracing import Tracing

F = TypeVar("F", bound=Callable[[Any], Awaitable[Any]])


class Application:
    """Consumes and publishes through one broker, in one event loop."""

    def __init__(
        self, broker: Broker, *, sender: str = "", options: Options | None = None, tracing: Tracing | None = None
    ) -> None:
        """Prepare; nothing is opened before something is published, or the functions start.

        Args:
            broker: a `RedisBroker`, or a `MemoryBroker` in a unit test.
            sender: who its messages are from; "" takes the name of the host or pod.
            options: of every destination that is given no others.
            tracing: makes spans of what passes; None makes none.
        """
        self._broker, self._options, self._tracing = broker, options or Options(), tracing
        self._sender = sender or consumer_name()
        self._life, self._numbers = Life(), count(1)
        self._routes: list[Route] = []
        self._outboxes: dict[tuple[str, str], Outbox] = {}
        self._consuming: list[Consuming] = []

    def on(
        self, pattern: str, destination: str = "", *, options: Options | None = None, loop: LoopOptions | None = None
    ) -> Callable[[F], F]:
        """Let a function consume a destination; it stays the function that it is.

        The type of its parameter says what it is given: a `Delivery`, a `Message`, a `str` (the body), or any type that
        msgspec or pydantic decodes from the body; a list of one of these is a batch. It returns None when it is done
        with it, `Retry(reason)` or `Dead(reason)`, of a batch one for each; what it raises means Retry. A body that is
        not of the type becomes a dead letter.

        Args:
            pattern: a name of `PATTERNS`.
            destination: the channel, list or stream; "" takes the pattern's own name.
            options: leases, retries and limits, in place of the application's.
            loop: batches, concurrency and the time that the function has.

        Raises:
            SettingsError: there is no such pattern.
            TypeError: the function cannot be used.
        """
        _check(pattern)
        chosen = replace(options or self._options, destination=destination)

        def register(function: F) -> F:
            self._routes.append(Route(pattern, handler_of(function), chosen, loop or LoopOptions()))
            return function

        return register

    async def publish(self, pattern: str, destination: str, body: object) -> Outcome:
        """Publish one message, from any task of the event loop; what waits together travels together.

        Args:
            pattern: a name of `PATTERNS`.
            destination: the channel, list or stream; "" takes the pattern's own name.
            body: a text, or what msgspec or pydantic encodes; it gets an id, a time, a count and a sender. A `Message`
                goes as it is.

        Raises:
            SettingsError: there is no such pattern.
            TypeError, ValueError: the body cannot be encoded. Nothing is raised for what the server or the network
                does: that is in the outcome.
        """
        return await self._outbox(pattern, destination).put(self._message(body))

    async def publish_many(self, pattern: str, destination: str, bodies: Iterable[object]) -> list[Outcome]:
        """Publish many messages in their order, as `publish` does, and return what became of each."""
        outbox, messages = self._outbox(pattern, destination), [self._message(body) for body in bodies]
        return [await future for future in [outbox.put(message) for message in messages]]

    def using(self, broker: Broker) -> Application:
        """Return an application of the same functions at another broker: `MemoryBroker()`, in a unit test."""
        other = Application(broker, sender=self._sender, options=self._options, tracing=self._tracing)
        other._routes = self._routes
        return other

    async def __aenter__(self) -> Self:
        """Start the functions; return when each will get what is published next, or goes on trying to connect."""
        self._consuming = [Consuming(route, self._broker, self._tracing) for route in self._routes]
        try:
            await asyncio.gather(*(one.start() for one in self._consuming))
        except asyncio.CancelledError:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the functions finish and settle what is in hand, send what waits, and close the connections."""
        self._stop()
        await self._done()
        await self.aclose()

    async def run(self, grace: float = 25.0) -> None:
        """Consume until SIGTERM or SIGINT, then end in good order; to be called in the main thread.

        Args:
            grace: how long the functions may take to finish, in seconds; in the last fifth of it what is in hand is
                handed back. A second signal ends the process at once.

        Raises:
            GaveUp: they took longer.
        """
        shutdown = Shutdown()
        shutdown.then(self._stop)
        with shutdown.on_signals():
            async with self:
                if not await supervise(self._until(shutdown), shutdown, grace, lambda: None, self._abort):
                    raise GaveUp(f"not done within {grace:g} s")

    async def aclose(self) -> None:
        """Send what waits, and close what publishing has opened."""
        outboxes = list(self._outboxes.values())
        self._outboxes.clear()
        await asyncio.gather(*(outbox.aclose() for outbox in outboxes))

    async def _until(self, shutdown: Shutdown) -> None:
        await shutdown.wait()
        await self._done()

    async def _done(self) -> None:
        await asyncio.gather(*(one.done() for one in self._consuming))

    def _stop(self) -> None:
        for one in self._consuming:
            one.stop()

    def _abort(self) -> None:
        for one in self._consuming:
            one.abort()

    def _outbox(self, pattern: str, destination: str) -> Outbox:
        found = self._outboxes.get((pattern, destination))
        if found is None:
            _check(pattern)
            options = replace(self._options, destination=destination)
            publisher = self._broker.publisher(pattern, options)
            if self._tracing is not None:
                publisher = self._tracing.publisher(publisher, pattern, options)
            found = self._outboxes[pattern, destination] = Outbox(publisher)
        return found

    def _message(self, body: object) -> Message:
        if isinstance(body, Message):
            return body
        text, number = text_of(body), next(self._numbers)
        return Message(self._life.id_of(number), datetime.now(UTC), text, self._sender, number)


def _check(pattern: str) -> None:
    if pattern not in PATTERNS:
        raise SettingsError("pattern", pattern, f"give one of {', '.join(PATTERNS)}")
