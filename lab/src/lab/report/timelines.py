"""What happened around each message that was lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lab.evidence.ledger import Send
from lab.report.run_record import Observed
from lab.verdict.judge import Verdict
from messaging.ledger.record import ACKNOWLEDGED, unsigned

_NEAR = 5.0
"""How long after its send something may have to do with it, in seconds."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """One lost message.

    Attributes:
        id: the message.
        pattern: by which it was sent.
        replica: who should have had it, "" for anybody.
        moments: (seconds after the start of the load, what happened), in order.
    """

    id: str
    pattern: str
    replica: str
    moments: tuple[tuple[float, str], ...]


def timelines(observed: Observed, limit: int) -> list[Timeline]:
    """Return the first lost messages, at most `limit`, with what happened around each."""
    found: list[Timeline] = []
    for verdict in observed.verdicts:
        for replica, number in _lost(verdict):
            if len(found) == limit:
                return found
            found.append(_timeline(observed, verdict.pattern, replica, number))
    return found


def _lost(verdict: Verdict) -> Iterator[tuple[str, int]]:
    for replica, account in verdict.accounts.items():
        for number in sorted(account.lost):
            yield replica, number


def _timeline(observed: Observed, pattern: str, replica: str, number: int) -> Timeline:
    message_id = observed.numbering.id_of(number)
    who = observed.ledger.writers[replica].who if replica else ""
    moments: list[tuple[float, str]] = []
    for send in observed.ledger.histories[pattern].sends:
        if _holds(send, message_id):
            moments.append((send.at, "sent"))
            if send.told < float("inf"):
                told = "acknowledged" if send.codes.strip(ACKNOWLEDGED) == b"" else "its batch was answered"
                moments.append((send.told, told))
    first = min((at for at, _ in moments), default=observed.start)
    moments += _around(observed, first, first + _NEAR)
    ordered = sorted((at - observed.start, what) for at, what in moments)
    end = max((phase.ended or phase.began) for phase in observed.phases) - observed.start
    last = (end, f"no handler{' there' if who else ''} has recorded it, and Redis does not hold it")
    return Timeline(message_id, pattern, who, (*ordered, last))


def _holds(send: Send, message_id: str) -> bool:
    for group in send.groups:
        if group.ids and message_id in group.ids:
            return True
        if group.life and message_id.startswith(group.life) and int(message_id[-12:], 16) in unsigned(group.counts):
            return True
    return False


def _around(observed: Observed, since: float, until: float) -> Iterator[tuple[float, str]]:
    for strike in observed.strikes:
        if since <= strike.at <= until or strike.at <= since <= (strike.healed or strike.at):
            yield strike.at, strike.label
            if strike.healed is not None and strike.healed > strike.at:
                yield strike.healed, f"{strike.fault} is over"
    for at, what in observed.events:
        if since <= at <= until:
            yield at, what
