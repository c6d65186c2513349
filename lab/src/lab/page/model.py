"""What the page shows: one look a second, however many browsers look on."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence

from lab.dead_letters import DeadLetters, Letter
from lab.watch.crowd import Crowd, CrowdError
from lab.watch.figures import Figures, read
from lab.watch.latencies import WINDOW
from lab.watch.marks import Mark, marks
from lab.watch.sharing import Observer, Sharing
from messaging.errors import MessagingError

EVERY = 1.0
"""Seconds between two looks."""
LETTERS = 20
"""How many dead letters of a pattern are shown, the oldest first."""
Rates = tuple[float, float, float]
"""When, in seconds; messages/s sent; messages/s received."""


class Model:
    """Looks at the replicas and at the dead letters.

    Attributes:
        sharings: what the last look showed.
        marks: what happened, the oldest first.
        rates: by pattern, of the last minutes.
        letters: dead letters by pattern.
        trouble: why there is nothing to be seen; "" while there is.
        replicas: how many answered.
        looks: how many looks there were.
    """

    def __init__(self, places: Mapping[str, DeadLetters]) -> None:
        """Begin without a look.

        Args:
            places: where the dead letters of a pattern are; empty when no server is named.
        """
        self.places = places
        self.sharings: Sequence[Sharing] = ()
        self.marks: deque[Mark] = deque(maxlen=50)
        self.rates: dict[str, deque[Rates]] = defaultdict(lambda: deque(maxlen=int(WINDOW / EVERY)))
        self.letters: dict[str, list[Letter]] = {}
        self.trouble = "Looking for replicas."
        self.replicas = self.looks = 0
        self._observer = Observer()
        self._last: Mapping[str, Figures] = {}

    async def run(self, crowd: Crowd) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self.look(crowd)
            await asyncio.sleep(EVERY)

    async def look(self, crowd: Crowd) -> None:
        """Look once; nobody there is a thing to show, too."""
        try:
            figures = {who: read(page) for who, page in (await crowd.pages()).items()}
            self.trouble = ""
        except CrowdError as error:
            figures, self.trouble = {}, str(error)
        now = time.time()
        self.marks.extend(marks(self._last, figures, now))
        self.sharings = self._observer.look(figures, now)
        self._last, self.replicas, self.looks = figures, len(figures), self.looks + 1
        if self.looks > 1:
            for sharing in self.sharings:
                self.rates[sharing.pattern].append((now, max(0.0, sharing.rate), max(0.0, sharing.received)))
        await self._read_letters()

    async def replay(self, pattern: str, entry: str) -> bool:
        """Send a dead letter again; False when it is not there any more. Raises MessagingError."""
        done = await self.places[pattern].replay(entry)
        await self._read_letters()
        return done

    async def aclose(self) -> None:
        """Close the connections to the dead letters."""
        for place in self.places.values():
            await place.aclose()

    async def _read_letters(self) -> None:
        for pattern, place in self.places.items():
            try:
                self.letters[pattern] = await _oldest(place)
            except MessagingError:
                self.letters[pattern] = []


async def _oldest(place: DeadLetters) -> list[Letter]:
    found: list[Letter] = []
    async for letter in place.letters():
        found.append(letter)
        if len(found) == LETTERS:
            break
    return found
