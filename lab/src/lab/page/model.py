"""What the page shows: one look a second, however many browsers look on."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from itertools import islice

import msgspec

from lab.page.history import History
from lab.watch.figures import Figures, read
from lab.watch.marks import Mark, group_marks, marks
from lab.watch.replicas import Crowd, CrowdError, Group
from lab.watch.sharing import Observer, Sharing
from messaging.dead_letters import DeadLetters, Shown
from messaging.seam.errors import MessagingError
from messaging.telemetry.last_messages import Passed

EVERY = 1.0
"""Seconds between two looks."""
LETTERS = 20
"""How many dead letters of a pattern are shown."""
PASSED = 12
"""How many of the last messages are shown."""
_ASKED = 3  # replicas a look that are asked for their last messages, in turn
_MARKS = 60
_passed = msgspec.json.Decoder(list[Passed])


class Model:
    """Looks at the replicas, at who scales them, and at the dead letters.

    Attributes:
        sharings: what the last look showed.
        marks: what happened, the oldest first.
        histories: by pattern, of the last minutes.
        letters: dead letters by pattern.
        passed: the last messages, the newest first, each with who received it.
        groups: who scales the replicas.
        trouble: why there is nothing to be seen; "" while there is.
        replicas: how many answered.
        looks: how many looks there were.
    """

    def __init__(self, crowd: Crowd, places: Mapping[str, DeadLetters]) -> None:
        """Begin without a look.

        Args:
            crowd: whom to look at.
            places: where the dead letters of a pattern are; empty when no server is named.
        """
        self.places = places
        self.sharings: Sequence[Sharing] = ()
        self.marks: deque[Mark] = deque(maxlen=_MARKS)
        self.histories: dict[str, History] = defaultdict(History)
        self.letters: dict[str, Shown] = {}
        self.passed: list[tuple[str, Passed]] = []
        self.groups: Mapping[str, Group] = {}
        self.trouble = "Looking for replicas."
        self.replicas = self.looks = 0
        self._crowd, self._observer = crowd, Observer()
        self._last: Mapping[str, Figures] = {}

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            began = time.monotonic()
            await self.look()
            await asyncio.sleep(max(0.0, began + EVERY - time.monotonic()))

    async def look(self) -> None:
        """Look once; nobody there is a thing to show, too."""
        try:
            figures = {who: read(page) for who, page in (await self._crowd.pages()).items()}
            groups = await self._crowd.groups()
            self.trouble = ""
        except CrowdError as error:
            figures, groups, self.trouble = {}, self.groups, str(error)
        now = time.time()
        self.marks.extend(marks(self._last, figures, now))
        self.marks.extend(group_marks(self.groups, groups, now))
        self.sharings = self._observer.look(figures, now)
        self._last, self.groups, self.replicas = figures, groups, len(figures)
        if self.looks:  # the first one has no rates yet
            for sharing in self.sharings:
                self.histories[sharing.pattern].add(sharing, now)
        await asyncio.gather(self._read_letters(), self._read_messages())
        self.looks += 1

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
                self.letters[pattern] = await place.latest(LETTERS)
            except MessagingError:  # it is told by the replicas that the server is gone
                self.letters.pop(pattern, None)

    async def _read_messages(self) -> None:
        """Ask a few replicas, others each time: it is a sample anyway."""
        receivers = [who for who, figures in self._last.items() if figures.received]
        start = self.looks * _ASKED % max(1, len(receivers))
        asked = list(islice(receivers + receivers, start, start + min(_ASKED, len(receivers))))
        answers = await asyncio.gather(*(self._crowd.messages(who) for who in asked))
        new = [(who, one) for who, answer in zip(asked, answers, strict=True) for one in _read(answer)]
        kept = {(who, one.pattern, one.at): (who, one) for who, one in (*self.passed, *new)}
        self.passed = sorted(kept.values(), key=lambda pair: -pair[1].at)[:PASSED]


def _read(answer: str) -> list[Passed]:
    """Return the messages; none from a program that says something else there."""
    try:
        return _passed.decode(answer)
    except msgspec.DecodeError:
        return []
