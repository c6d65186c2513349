"""What became of a publish: acknowledged, failed, or nobody can know."""

from __future__ import annotations

from dataclasses import dataclass

from messaging.seam.errors import MessagingError


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The server has it.

    Attributes:
        value: what the server said of it: how many subscribers received it, how long the list is
            now, or the stream entry's id, as `Guarantee.acknowledged_by` says.
    """

    value: int | str


@dataclass(frozen=True, slots=True)
class Failed:
    """It is certain that nothing was stored: sending it again makes no duplicate."""

    error: MessagingError


@dataclass(frozen=True, slots=True)
class Unknown:
    """The reply was lost: it may be stored, and nobody can know. Sending it again may duplicate it."""

    error: MessagingError


Outcome = Acknowledged | Failed | Unknown
