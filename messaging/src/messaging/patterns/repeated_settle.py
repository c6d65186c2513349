"""Tells a settle that came too late from one that is said again; the lease itself is the server's."""

from __future__ import annotations

import time
from collections.abc import Sequence

from messaging.patterns.decoding import RETRY, unacknowledged
from messaging.seam.delivery import Batch
from messaging.seam.errors import ConnectionLost, MessagingError
from messaging.seam.options import Options
from messaging.seam.settlements import Settled, Settlement


class RepeatedSettle:
    """Tells a settle that came too late from one that is said again because its reply was lost.

    Until the lease ends nobody else can have taken the batch: what a repeated settle finds gone by
    then, our first one settled. Times are on the monotonic clock, which no SIGSTOP halts.
    """

    __slots__ = ("_asked", "_end", "_options", "_repeating")

    def __init__(self, options: Options) -> None:
        """Lease for `options.lease` seconds."""
        self._options = options
        self._asked = self._end = 0.0
        self._repeating = False

    def ask(self) -> None:
        """Note the moment just before the server is asked for messages."""
        self._asked = time.monotonic()

    def begin(self) -> None:
        """The server gave some: ours since the moment of asking."""
        self.prolong(self._asked)
        self._repeating = False

    def prolong(self, since: float) -> None:
        """Begin the lease anew at a moment."""
        self._end = since + self._options.lease

    def unsettled(self, error: MessagingError) -> None:
        """Note that a settle failed; where its reply was lost it may have been carried out, and the next repeats it."""
        self._repeating |= isinstance(error, ConnectionLost) and error.sent

    def judge(self, settled: Settled, batch: Batch, settlements: Sequence[Settlement] | None) -> Settled:
        """Return what became of the batch, by this settle and by the one that it repeats."""
        repeated, self._repeating = self._repeating, False
        if settled.stale and repeated and time.monotonic() < self._end:
            return self._as_asked(batch, settlements)
        return settled

    def _as_asked(self, batch: Batch, settlements: Sequence[Settlement] | None) -> Settled:
        named = unacknowledged(batch, settlements)
        retried = sum(one.kind == RETRY and one.count < self._options.max_deliveries for one in named)
        return Settled(acked=len(batch) - len(named), retried=retried, dead=len(named) - retried)
