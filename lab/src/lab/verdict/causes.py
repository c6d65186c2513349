"""Why a message was lost: from evidence on record, never from the pattern's name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from lab.verdict.evidence import Evidence, Given
from lab.verdict.lost_or_duplicated import Multiset

WINDOW = 2.0
"""How long before a death something may have been on its way to who died, in seconds."""
IN_FLIGHT = 100
"""How many messages may have been on their way to who died: a batch."""
_USED_UP = 0.7  # of the grace period; in its last fifth a consumer gives up


class Cause(StrEnum):
    """Why one was lost, the first that applies."""

    IN_HAND = "in hand of a consumer that died"
    UNREAD = "on its way to a consumer that died"
    OVERRUN = "left by a consumer whose grace period was over"
    CUT = "in a reply that was cut"
    FORGOTTEN = "acknowledged by a server that forgot it"
    BUFFER = "closed by the server for its output buffer"
    NONE = "without a cause"


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that happened to the server or to the way to it, in UNIX time.

    Attributes:
        cause: what it explains: FORGOTTEN or BUFFER.
        began, ended: from when to when.
    """

    cause: Cause
    began: float
    ended: float


@dataclass(frozen=True, slots=True)
class Incidents:
    """All of them.

    Attributes:
        some: what happened.
        cut: the numbers of the messages that stood in replies which never arrived.
        grace: how long a subscriber may take to end in good order, in seconds.
        mended: UNIX time after which nothing was broken any more.
    """

    some: Sequence[Incident] = ()
    cut: frozenset[int] = frozenset()
    grace: float = float("inf")
    mended: float = 0.0


@dataclass(slots=True)
class Causes:
    """Finds the cause of each lost message of one pattern.

    Attributes:
        evidence: what is on record; it must say what was in hand.
        incidents: what happened.
    """

    evidence: Evidence
    incidents: Incidents
    _sent: dict[int, float] = field(init=False)
    _told: dict[int, float] = field(init=False)
    _left: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        """Look up when each message was sent and acknowledged."""
        self._sent = {one: batch.at for batch in self.evidence.sent for one in batch.acknowledged}
        self._told = {one: batch.told for batch in self.evidence.sent for one in batch.acknowledged}
        self._left = dict.fromkeys(self.evidence.died, IN_FLIGHT)

    def of(self, lost: Multiset, replica: str = "") -> Counter[Cause]:
        """Count the causes of what was lost.

        Args:
            lost: the messages.
            replica: who should have had them, "" for anybody.
        """
        found: Counter[Cause] = Counter()
        for one, times in sorted(lost.items()):
            found[self._cause(one, replica)] += times
        return found

    def _cause(self, one: int, replica: str) -> Cause:
        told = self._told.get(one, 0.0)
        if any(one in self._last(name) for name in self._dead(replica)):
            return Cause.IN_HAND
        if one in self.incidents.cut:
            return Cause.CUT
        if replica and told >= self._read_until(replica) and self._overran(replica):
            return Cause.OVERRUN
        for incident in self.incidents.some:
            if incident.cause is Cause.BUFFER and replica and told >= incident.began - WINDOW:
                return Cause.BUFFER
            since = (
                incident.began - WINDOW if replica else 0.0
            )  # a channel keeps nothing that a crash could forget later
            if incident.cause is Cause.FORGOTTEN and since <= told and self._sent.get(one, 0.0) <= incident.ended:
                return Cause.FORGOTTEN
        return Cause.UNREAD if self._was_on_its_way(told, replica) else Cause.NONE

    def _was_on_its_way(self, told: float, replica: str) -> bool:
        """A channel's server sends at once, and nobody can say how much of it was read; others send a batch."""
        for name, at in self._dead(replica).items():
            if replica and told >= self._read_until(name):
                return True
            if not replica and self._left[name] and at - WINDOW <= told <= at + WINDOW:
                self._left[name] -= 1
                return True
        return False

    def _overran(self, replica: str) -> bool:
        """Tell whether a subscriber unsubscribed and then took all the time that it had to handle what had come."""
        left = [one.closed for one in self.evidence.intervals.get(replica, ()) if one.closed is not None]
        ended = self.evidence.ended.get(replica)
        return bool(left) and ended is not None and ended - left[-1] >= _USED_UP * self.incidents.grace

    def _dead(self, replica: str) -> Mapping[str, float]:
        died = self.evidence.died
        if not replica:
            return died
        return {replica: died[replica]} if replica in died else {}

    def _last(self, name: str) -> Sequence[int]:
        """Return what somebody had been given last, which he died with."""
        given = (self.evidence.given or {}).get(name, ())
        return given[-1].messages if given else ()

    def _read_until(self, name: str) -> float:
        """Return a time before which everything that was sent had been read, since a later one was handled."""
        given = (self.evidence.given or {}).get(name, ())
        return min((self._told.get(one, 0.0) for one in given[-1].messages), default=0.0) if given else 0.0


def fresh(evidence: Evidence) -> dict[str, list[int]]:
    """Return what each replica was given that nobody had been given before, in its order."""
    known: set[int] = set()
    found: dict[str, list[int]] = {name: [] for name in evidence.given or {}}
    for given, name in sorted(_everything(evidence), key=lambda pair: pair[0].at):
        if given.delivery == 1:
            found[name] += (one for one in given.messages if one not in known)
        known.update(given.messages)
    return found


def given_again(evidence: Evidence, incidents: Incidents) -> frozenset[int]:
    """Return what was given before a server forgot something and again afterwards: it forgot that it was taken."""
    forgot = [one for one in incidents.some if one.cause is Cause.FORGOTTEN]
    before: set[int] = set()
    after: set[int] = set()
    for given, _ in _everything(evidence):
        if any(given.at <= one.ended for one in forgot):
            before.update(given.messages)
        if any(given.at >= one.began for one in forgot):
            after.update(given.messages)
    return frozenset(before & after)


def _everything(evidence: Evidence) -> Iterator[tuple[Given, str]]:
    return ((given, name) for name, some in (evidence.given or {}).items() for given in some)
