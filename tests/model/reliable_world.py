"""The reliable queue's world: what it holds, and how a lease ends in it."""

from __future__ import annotations

from messaging.seam import keys
from tests.model.reliable_snapshot import Snapshot, snapshot
from tests.model.world import World

OVERDUE = 1_000_000.0
"""A lease that the test ended was due before this, in ms of the server's clock; no other one is."""


class ReliableWorld(World):
    """A list with leases."""

    def __init__(self, host: str, port: int, destination: str) -> None:
        """Use a list of one's own on this server."""
        super().__init__("reliable-queue", host, port, destination)
        self._ended = 0

    def look(self) -> Snapshot:
        """Read everything that the server has."""
        return snapshot(self.client, self.destination)

    def end_lease(self, name: str) -> None:
        """Let a lease have ended long ago, but after those that ended before: what is taken next is no chance."""
        self._ended += 1
        self.client.zadd(keys.leases(self.destination), {name: self._ended}, xx=True)
        for hand in self.hands:
            hand.ended |= hand.holds and hand.batch.receipt == name

    def claimed_since(self, before: Snapshot) -> str:
        """Return the id of the batch that was claimed since then, or ""."""
        claimed = [name for name in self.look().inflight.keys() - before.inflight.keys() if ":" not in name]
        return claimed[0] if claimed else ""
