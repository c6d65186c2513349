"""One destination: each message is sent until its outcome is certain, or as certain as it can be."""

from __future__ import annotations

import time
from collections.abc import Sequence

from messaging.counters import Counters
from messaging.lifecycle import Shutdown
from messaging.seam.backoff import Backoff
from messaging.seam.errors import MessagingError
from messaging.seam.message import Message
from messaging.seam.outcomes import Acknowledged, Failed, Outcome, Unknown
from messaging.seam.pattern import Publisher
from messaging.service.status import Status
from publisher.report import Report


class Sender:
    """Sends to one destination.

    What Failed is sent again, with the same id, until shutdown: it certainly was not stored. What
    is Unknown is not, unless `resend_unknown` accepts a duplicate.

    Attributes:
        counters: what happened so far.
        heartbeat: when it last tried something, on the monotonic clock.
    """

    def __init__(
        self,
        pattern: str,
        publisher: Publisher,
        report: Report,
        status: Status,
        shutdown: Shutdown,
        *,
        resend_unknown: bool = False,
        backoff: Backoff | None = None,
    ) -> None:
        """Send through `publisher`, which is opened by `open`."""
        self._pattern, self._publisher = pattern, publisher
        self._report, self._status, self._shutdown = report, status, shutdown
        self._resend_unknown, self._backoff = resend_unknown, backoff or Backoff()
        self.counters = Counters()
        self.heartbeat = time.monotonic()

    async def open(self) -> None:
        """Connect; try again until that succeeds, or until shutdown."""
        delays = iter(self._backoff)
        while not self._shutdown.requested:
            self.heartbeat = time.monotonic()
            try:
                await self._publisher.open()
            except MessagingError as error:
                self._status.note(self._pattern, error)
                await self._shutdown.wait(next(delays))
            else:
                self._status.note(self._pattern, None)
                return

    async def send(self, messages: Sequence[Message]) -> None:
        """Send messages in order; return when all are settled, or when shutdown ended the tries."""
        pending, delays = list(messages), iter(self._backoff)
        while pending:
            self.heartbeat = start = time.monotonic()
            outcomes = await self._publisher.publish(pending)
            self.counters.operation_duration.record(time.monotonic() - start)
            pending, error = self._sort(pending, outcomes)
            self._status.note(self._pattern, error)
            if pending and await self._shutdown.wait(next(delays)):
                self._report.abandoned(pending)
                return

    async def aclose(self) -> None:
        """Close the publisher and write what the log still owes."""
        self._report.summary.flush()
        await self._publisher.aclose()

    def tick(self) -> None:
        """Write the summary that is due."""
        self._report.summary.tick()

    def _sort(
        self, messages: Sequence[Message], outcomes: Sequence[Outcome]
    ) -> tuple[list[Message], MessagingError | None]:
        """Count and report; return what is to be sent again, and what went wrong first."""
        pairs = list(zip(messages, outcomes, strict=True))
        sent = [(message, one) for message, one in pairs if isinstance(one, Acknowledged)]
        self.counters.published += len(sent)
        self._report.sent(sent)
        if len(sent) == len(pairs):
            return [], None
        unknown = [message for message, one in pairs if isinstance(one, Unknown)]
        self.counters.publish_unknown += len(unknown)
        self.counters.publish_failed += len(pairs) - len(sent) - len(unknown)
        self._report.unknown(unknown, again=self._resend_unknown)
        again = (Failed, Unknown) if self._resend_unknown else Failed
        problem = next(one.error for _, one in pairs if not isinstance(one, Acknowledged))
        return [message for message, one in pairs if isinstance(one, again)], problem
