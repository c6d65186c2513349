"""Writes a ledger by hand: what services would have recorded, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from lab.evidence.ledger import History, Ledger
from lab.evidence.numbering import Numbering
from lab.evidence.residue import Residue
from lab.verdict.evidence import Evidence, gather
from messaging.ledger import Attempt, Began, Effects, Ended, Entry, Group, Outcomes, Received, Subscription
from messaging.ledger.record import Record, State, grouped
from messaging.seam.ids import Life
from messaging.seam.message import Message

LIFE = Life("00000000-0000-8000-8000-")


class Scribe:
    """One pattern's run; each call is a record, one second after the one before.

    Attributes:
        ledger: what has been read of it.
        skip: records to leave out from now on, although their numbers are used up.
    """

    def __init__(self, pattern: str = "queue") -> None:
        self.pattern, self.ledger, self.skip = pattern, Ledger(), False
        self._now = 1000.0
        self._seqs: dict[str, int] = {}

    def write(self, who: str, record: Record, *, times: int = 1) -> int:
        role = "publisher" if who.startswith("p") else "subscriber"
        if who not in self._seqs:
            self._seqs[who] = 0
            self.write(who, Began(who, role, "host", 1))  # type: ignore[arg-type]
        self._now += 1
        self._seqs[who] += 1
        for _ in range(0 if self.skip else times):
            self.ledger.apply(who, Entry(self._seqs[who], self._now, record))
        return self._seqs[who]

    def attempt(self, counts: Sequence[int], life: Life = LIFE) -> int:
        return self.write("publisher", Attempt(self.pattern, "q", self._groups(counts, life)))

    def told(self, of: int, codes: bytes = b"A") -> None:
        self.write("publisher", Outcomes(of, codes, "" if codes == b"A" else "why"))

    def send(self, counts: Sequence[int], codes: bytes = b"A", life: Life = LIFE) -> None:
        self.told(self.attempt(counts, life), codes)

    def take(self, who: str, counts: Sequence[int], delivery: int = 1) -> None:
        self.write(who, Received(self.pattern, "q", delivery, self._groups(counts, LIFE)))

    def process(self, who: str, counts: Sequence[int], *, times: int = 1, life: Life = LIFE) -> None:
        groups = self._groups(counts, life)
        self.write(who, Effects(self.pattern, "q", self._now, groups), times=times)

    def subscription(self, who: str, state: State) -> None:
        self.write(who, Subscription(self.pattern, "q", state, self._now + 1))

    def end(self, who: str) -> None:
        self.write(who, Ended())

    def evidence(self, residue: Residue | None = None) -> tuple[Evidence, Numbering]:
        numbering = Numbering()
        history = self.ledger.histories.get(self.pattern) or History("q")
        return gather(self.ledger, history, residue or Residue(), numbering), numbering

    def _groups(self, counts: Sequence[int], life: Life) -> tuple[Group, ...]:
        stamp = datetime.fromtimestamp(self._now, UTC)
        batch = [Message(life.id_of(count), stamp, "", "publisher", count) for count in counts]
        return grouped(batch, self._now).groups
