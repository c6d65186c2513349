"""One run's own places in Redis and in the ledger: made up, looked at, judged and removed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace

from lab.evidence.ledger import History
from lab.evidence.numbering import Numbering
from lab.evidence.reading import LedgerReader
from lab.evidence.residue import residue
from lab.place.ledger_server import LedgerServer
from lab.place.tested import Tested
from lab.verdict.causes import Incidents
from lab.verdict.evidence import gather
from lab.verdict.judge import Conditions, Verdict, judge
from messaging.broker import RedisBroker
from messaging.patterns import PATTERNS
from messaging.seam import keys
from messaging.seam.errors import MessagingError, ServerRefused
from messaging.seam.options import Options
from messaging.seam.pattern import Backlog, Publisher
from messaging.transport.connection import topology
from messaging.transport.link import Link

PREFIX = "lab:"
"""What all names begin with that a run uses on the server under test: an ACL can tell them by it."""


class UnreachableError(Exception):
    """The server under test does not answer; nothing has been begun."""


def new_run() -> str:
    """Make up a run's id."""
    return f"lab-{secrets.token_hex(4)}"


class Experiment:
    """Names everything after the run, so that it touches nothing else, whosever server it is.

    Attributes:
        run: the run's id.
        patterns: the patterns' names, the weakest promise first.
        reader: reads what the services record.
        numbering: the numbers that the verdicts speak of.
    """

    def __init__(self, tested: Tested, ledger: LedgerServer, patterns: Sequence[str], run: str = "") -> None:
        """Prepare a run; connects when something is asked.

        Args:
            tested: the server under test.
            ledger: another server, for the ledger; without a password.
            patterns: the patterns' names.
            run: the run's id; by default a new one.
        """
        self.run = run or new_run()
        self.patterns = tuple(patterns)
        self.reader = LedgerReader(ledger.settings, self.run)
        self.numbering = Numbering()
        self._tested, self._ledger = tested, ledger
        self._group = f"{self.run}:{keys.GROUP}"
        self._broker = RedisBroker(tested.settings)
        self._topology = topology(tested.settings)
        self._askers = {pattern: self._asker(pattern) for pattern in self.patterns}

    @property
    def address(self) -> str:
        """What to call the server under test."""
        return self._broker.address

    def destination(self, pattern: str) -> str:
        """Return the run's own channel, list or stream of a pattern."""
        return f"{PREFIX}{{{self.run}:{PATTERNS[pattern].destination}}}"

    def environment(self, *, received: bool = False) -> dict[str, str]:
        """Return the settings that let both services take part in the run.

        Args:
            received: whether what subscribers have in hand is recorded: it takes a third of their rate, at most.
        """
        destinations = {
            f"DESTINATION_{pattern.replace('-', '_').upper()}": self.destination(pattern) for pattern in self.patterns
        }
        return {
            **self._tested.variables,
            **destinations,
            "PATTERN": ",".join(self.patterns),
            "STREAM_GROUP": self._group,
            "LEDGER_URL": self._ledger.url,
            "LEDGER_RUN": self.run,
            "LEDGER_RECEIVED": str(received).lower(),
        }

    async def reach(self) -> None:
        """Make sure that the server under test answers; raises UnreachableError."""
        link = Link(self._topology, self.run, *self._patience)
        try:
            await link.one(("PING",))
        except MessagingError as error:
            raise UnreachableError(str(error)) from error
        finally:
            await link.aclose()

    async def backlog(self, pattern: str) -> Backlog:
        """Ask what a pattern holds for its consumers; raises MessagingError."""
        try:
            return await self._askers[pattern].backlog()
        except ServerRefused:
            return Backlog()  # a stream that nobody has made yet

    async def judge(
        self,
        *,
        rested: bool,
        durable: bool = True,
        side_by_side: bool = False,
        incidents: Incidents | None = None,
        unstruck: Mapping[str, str] | None = None,
        calm: bool = False,
    ) -> list[Verdict]:
        """Read what is left and judge each pattern; raises MessagingError.

        Args:
            rested: whether the run came to rest.
            durable: whether the server was to keep what it acknowledged over what happened to it.
            side_by_side: whether one subscriber handled several messages at a time.
            incidents: what happened to the server and to the way to it.
            unstruck: patterns that a fault was to strike and never did, and what to say of it.
            calm: whether nothing was planned that parts a subscriber from what it has in hand.
        """
        await self.reader.refresh()
        ledger = self.reader.ledger
        common = Conditions(rested, ledger.missing == 0, durable, side_by_side, incidents or Incidents(), calm=calm)
        verdicts = []
        for pattern in self.patterns:
            destination = self.destination(pattern)
            history = ledger.histories.get(pattern) or History(destination)
            left = await residue(self._topology, pattern, destination, self._group)
            evidence = gather(ledger, history, left, self.numbering)
            conditions = replace(common, unstruck=(unstruck or {}).get(pattern, ""))
            verdicts.append(judge(pattern, PATTERNS[pattern].guarantee, evidence, conditions))
        return verdicts

    async def clean(self) -> None:
        """Delete the run's keys from the server under test; raises MessagingError."""
        for pattern in self.patterns:
            if PATTERNS[pattern].guarantee.persistent:
                destination = self.destination(pattern)
                link = Link(self._topology, destination, *self._patience)
                try:
                    # What a killed service had sent may still arrive: until nothing is there.
                    while await link.one(("UNLINK", *keys.of_destination(destination))):
                        pass
                finally:
                    await link.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        for asker in self._askers.values():
            await asker.aclose()
        await self.reader.aclose()

    @property
    def _patience(self) -> tuple[float, float]:
        settings = self._tested.settings
        return settings.timeout, settings.connect_timeout

    def _asker(self, pattern: str) -> Publisher:
        options = Options(destination=self.destination(pattern), group=self._group)
        return self._broker.publisher(pattern, options)
