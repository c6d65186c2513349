"""A number for each message id, so that millions of them fit into sets."""

from __future__ import annotations

from messaging.ledger import Group
from messaging.ledger.record import unsigned
from messaging.seam.ids import Life, life_of

_COUNT_BITS = 48
_COUNT_MASK = (1 << _COUNT_BITS) - 1


class Numbering:
    """Numbers messages: the number of their life, then their count.

    Numbers of one life ascend in the order of sending. An id of another make is a life of its own.
    """

    def __init__(self) -> None:
        """Begin with no lives."""
        self._lives: dict[tuple[str, bool], int] = {}
        self._names: list[tuple[str, bool]] = []
        self._senders: dict[int, str] = {}

    def of_group(self, group: Group) -> list[int]:
        """Return the numbers of a ledger group's messages, in their order."""
        if not group.life:
            return [self._remember(self.of_id(name), group.sender) for name in group.ids]
        base = self._base(group.life, foreign=False)
        self._remember(base, group.sender)
        return [base | count for count in unsigned(group.counts)]

    def of_id(self, message_id: str) -> int:
        """Return the number of an id, however it was learned."""
        try:
            count = int(message_id[-12:], 16)
        except ValueError:
            count = 0
        life = life_of(message_id, count)
        if life is None:
            return self._base(message_id, foreign=True)
        return self._base(life, foreign=False) | count

    def id_of(self, number: int) -> str:
        """Return the id of a number that this numbering gave."""
        name, foreign = self._names[number >> _COUNT_BITS]
        return name if foreign else Life(name).id_of(number & _COUNT_MASK)

    def sender_of(self, number: int) -> str:
        """Return who sent it, "" when the ledger never said."""
        return self._senders.get(number >> _COUNT_BITS, "")

    def _base(self, name: str, *, foreign: bool) -> int:
        life = self._lives.setdefault((name, foreign), len(self._names))
        if life == len(self._names):
            self._names.append((name, foreign))
        return life << _COUNT_BITS

    def _remember(self, number: int, sender: str) -> int:
        self._senders.setdefault(number >> _COUNT_BITS, sender)
        return number


def life_number(number: int) -> int:
    """Return which life a message's number belongs to."""
    return number >> _COUNT_BITS
