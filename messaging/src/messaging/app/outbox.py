"""Publishing from many tasks at once: what waits together travels together."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from messaging.seam.errors import MessagingError
from messaging.seam.message import Message
from messaging.seam.outcomes import Failed, Outcome
from messaging.seam.pattern import Publisher

MOST = 1000
"""How many messages travel together at most."""


class Outbox:
    """One destination's publisher, for any number of tasks of one event loop.

    Messages are sent in the order in which they come here, one round trip at a time; what comes while
    one is on its way waits for the next. A caller that is cancelled harms no other: its messages may
    be sent all the same.
    """

    def __init__(self, publisher: Publisher) -> None:
        """Publish by a publisher that is not yet open; the first message opens it."""
        self._publisher = publisher
        self._waiting: deque[tuple[Message, asyncio.Future[Outcome]]] = deque()
        self._sending: asyncio.Task[None] | None = None
        self._open = False

    def put(self, message: Message) -> asyncio.Future[Outcome]:
        """Send it with what else waits; the future tells what became of it, whatever the server or the network does."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Outcome] = loop.create_future()
        self._waiting.append((message, future))
        if self._sending is None or self._sending.done():
            self._sending = loop.create_task(self._send())
        return future

    async def aclose(self) -> None:
        """Send what waits, and close the connection."""
        if self._sending is not None:
            await asyncio.wait([self._sending])
        await self._publisher.aclose()

    async def _send(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST))]
            try:
                outcomes = await self._outcomes([message for message, _ in batch])
            except Exception as error:  # noqa: BLE001 - a fault of the publisher's: those who wait are told, and it goes on
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), outcome in zip(batch, outcomes, strict=True):
                if not future.done():
                    future.set_result(outcome)

    async def _outcomes(self, messages: list[Message]) -> Sequence[Outcome]:
        if not self._open:
            try:
                await self._publisher.open()
            except MessagingError as error:
                return [Failed(error)] * len(messages)
            self._open = True
        return await self._publisher.publish(messages)
