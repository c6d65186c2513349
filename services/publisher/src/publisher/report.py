"""What the log says of each message that was sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from messaging.patterns import PATTERNS
from messaging.seam.message import Message
from messaging.seam.outcomes import Acknowledged
from messaging.service.logs import Log, Summary


class _Words(NamedTuple):
    verb: str
    place: str
    fact: Callable[[int | str], str]


_WORDS = {
    "receivers": _Words("Published", "to channel", lambda value: f"{value} subscribers"),
    "length": _Words("Pushed", "to queue", lambda value: f"length: {value}"),
    "entry id": _Words("Added", "to stream", lambda value: f"ID: {value}"),
}
"""By what the pattern's acknowledgement stands for."""


class Report:
    """Tells of one destination's messages, each in a line or, above LOG_RATE, in a summary."""

    def __init__(self, pattern: str, destination: str, log: Log, rate: int) -> None:
        """Tell the log of messages sent by `pattern`, in `rate` lines a second at most."""
        self._pattern, self._destination, self._log = pattern, destination, log
        self._words = _WORDS[PATTERNS[pattern].guarantee.acknowledged_by]
        self.summary = Summary(rate, self._sum_up)

    def sent(self, sent: Sequence[tuple[Message, Acknowledged]]) -> None:
        """Tell of messages that the server has."""
        verb, place, fact = self._words
        for message, outcome in sent[: self.summary.admit(len(sent))]:
            self._log.info(
                f"{verb} {place} '{self._destination}' ({fact(outcome.value)}): {message.message}",
                pattern=self._pattern,
                destination=self._destination,
                id=message.id,
                count=message.count,
                value=outcome.value,
            )

    def unknown(self, messages: Sequence[Message], *, again: bool) -> None:
        """Tell of messages whose reply was lost."""
        then = "sent again, at the risk of a duplicate" if again else "not sent again"
        for message in messages:
            self._log.warning(
                f"Unknown whether '{self._destination}' has {message.message} "
                f"(ID: {message.id}): the reply was lost; {then}",
                pattern=self._pattern,
                destination=self._destination,
                id=message.id,
                count=message.count,
            )

    def abandoned(self, messages: Sequence[Message]) -> None:
        """Tell of messages that certainly were not stored, and will not be."""
        for message in messages:
            self._log.warning(
                f"Not sent to '{self._destination}': {message.message} (ID: {message.id})",
                pattern=self._pattern,
                destination=self._destination,
                id=message.id,
                count=message.count,
            )

    def _sum_up(self, count: int) -> None:
        self._log.info(
            f"{self._words.verb} {count} more messages {self._words.place} '{self._destination}'",
            pattern=self._pattern,
            destination=self._destination,
            messages=count,
        )
