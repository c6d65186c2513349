"""Every message that went astray."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lab.evidence.numbering import Numbering
from lab.verdict.judge import Verdict


@dataclass(frozen=True, slots=True)
class Case:
    """One message that went astray.

    Attributes:
        kind: "lost", "duplicated", "phantom", "recovered", "contradicted", "buried", "overdue" or "reordered".
        id: the message.
        sender: who sent it, "" when nobody is on record.
        replica: the writer whom it concerns, "" when it concerns all together.
        times: how often.
    """

    kind: str
    id: str
    sender: str
    replica: str
    times: int = 1


def cases(verdict: Verdict, numbering: Numbering) -> Iterator[Case]:
    """List every message that went astray."""
    for kind in ("lost", "duplicated", "phantom", "recovered", "contradicted"):
        for replica, account in verdict.accounts.items():
            for one, times in sorted(getattr(account, kind).items()):
                sender = numbering.sender_of(one)
                yield Case(kind, numbering.id_of(one), sender, replica, times)
    for kind, some in (("buried", verdict.buried), ("overdue", verdict.overdue)):
        for one in sorted(some):
            yield Case(kind, numbering.id_of(one), numbering.sender_of(one), "")
    for replica, late in (verdict.reordered or {}).items():
        for one in late:
            yield Case("reordered", numbering.id_of(one), numbering.sender_of(one), replica)
