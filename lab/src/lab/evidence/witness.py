"""Looks into the ledger while the services write it."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.ledger import Effect, History, Taken
from lab.evidence.reading import LedgerReader
from lab.place.hands import Hand, Hands


class LedgerWitness:
    """A `Witness` that reads the ledger anew each time."""

    def __init__(self, reader: LedgerReader) -> None:
        """Look through this reader; others may use it, too."""
        self._reader = reader

    async def in_hand(self) -> Mapping[str, Hands]:
        """Return what was received and is not done."""
        await self._reader.refresh()
        ledger = self._reader.ledger
        return {
            writer.who: {
                pattern: _hand(history.hands[name], history, name)
                for pattern, history in ledger.histories.items()
                if name in history.hands
            }
            for name, writer in ledger.writers.items()
            if writer.role == "subscriber"
        }

    async def under_way(self) -> Mapping[str, int]:
        """Count the attempts that have no outcome yet."""
        await self._reader.refresh()
        ledger, found = self._reader.ledger, dict[str, int]()
        for (name, _), send in ledger.untold.items():
            who = ledger.writers[name].who
            found[who] = found.get(who, 0) + len(send)
        return found


def _hand(taken: Taken, history: History, writer: str) -> Hand:
    effects = history.effects.get(writer)
    return Hand(len(taken), taken.at, len(taken) * _each(effects[-1]) if effects else 0.0)


def _each(effect: Effect) -> float:
    return (effect.at - effect.began) / max(1, len(effect))
