"""What a handler says of a message, and what a settle did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Ack:
    """Done: never deliver it again."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Not now: deliver it again after RETRY_DELAY, up to MAX_DELIVERIES times in all.

    A pattern that cannot redeliver treats it as `Dead`.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Dead:
    """Never: put it among the dead letters (pub/sub: count and drop it)."""

    reason: str


Settlement = Ack | Retry | Dead
ACK = Ack()


class Settled(NamedTuple):
    """What a settle did, in messages.

    Attributes:
        acked: done with.
        retried: to be delivered again.
        dead: put among the dead letters (pub/sub: dropped).
        stale: refused, since they were no longer ours; another consumer has them by now.
    """

    acked: int = 0
    retried: int = 0
    dead: int = 0
    stale: int = 0
