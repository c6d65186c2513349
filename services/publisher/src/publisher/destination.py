"""One destination at work, at its own pace: a slow one holds up no other."""

from __future__ import annotations

import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar

from messaging.lifecycle import Shutdown
from messaging.seam.ids import Life
from messaging.seam.message import Message
from messaging.settings.publisher import PublisherSettings
from publisher.pace import Pace
from publisher.send import Sender
from publisher.source import Source

T = TypeVar("T")


class Destination:
    """Makes messages of what a source gives and sends them; number n is the same message at every destination.

    Attributes:
        sender: sends them.
    """

    def __init__(
        self,
        settings: PublisherSettings,
        sender: Sender,
        source: Source,
        life: Life,
        pace: Callable[[], Pace],
        shutdown: Shutdown,
    ) -> None:
        """Prepare; nothing is opened before `run`.

        Args:
            settings: the publisher's.
            sender: sends to this destination.
            source: gives the bodies.
            life: makes the ids, for every destination alike.
            pace: makes the pace, whose clock starts when there is somebody to send to.
            shutdown: the flag.
        """
        self._settings, self._source, self._life = settings, source, life
        self._make_pace, self._shutdown = pace, shutdown
        self._count, self._resting = 0, False
        self.sender = sender

    @property
    def heartbeat(self) -> float:
        """When it last tried something, on the monotonic clock; a pause is no sign of trouble."""
        return time.monotonic() if self._resting else self.sender.heartbeat

    async def run(self) -> None:
        """Publish until PUBLISH_COUNT, the end of the source or shutdown."""
        try:
            await self.sender.open()
            pace = self._make_pace()
            while not self._shutdown.requested and await self._turn(pace):
                pass
        finally:
            await self.sender.aclose()

    async def _turn(self, pace: Pace) -> bool:
        """Wait until a batch is due and send it; return False when there is no more to send."""
        if self._left == 0:
            return False
        due = pace.due()
        if due.wait:
            await self._idle(self._shutdown.wait(due.wait))
            return True
        bodies = await self._idle(self._source.take(min(due.allowed, self._left)))
        if bodies:
            await self.sender.send(self._messages(bodies, pace.stamps(len(bodies))))
        return bool(bodies)

    @property
    def _left(self) -> int:
        """How many messages PUBLISH_COUNT still allows."""
        count = self._settings.publish.count
        return count - self._count if count else sys.maxsize

    async def _idle(self, wait: Awaitable[T]) -> T:
        """Wait for something that may take as long as it likes: this is no sign of trouble."""
        self._resting = True
        try:
            return await wait
        finally:
            self._resting = False
            self.sender.heartbeat = time.monotonic()

    def _messages(self, bodies: Sequence[str], stamps: Sequence[datetime]) -> list[Message]:
        first, self._count = self._count + 1, self._count + len(bodies)
        return [
            Message(self._life.id_of(count), stamp, body, self._settings.sender, count)
            for count, (body, stamp) in enumerate(zip(bodies, stamps, strict=True), first)
        ]
