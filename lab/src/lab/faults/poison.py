"""Messages that kill whoever handles them."""

from __future__ import annotations

from lab.faults.base.fault import Fault, sure


class Poison(Fault):
    """A publisher of its own sends a few messages that the handler dies of."""

    about = "sends a few messages whose handling kills the subscriber (SIGKILL)"
    proof = "subscribers died by themselves"
    crashes = True
    handler = "subscriber.handlers:poison"

    async def apply(self) -> str:
        """Send them, one by one."""
        self._before = self.stage.target.crashes("subscriber")
        one_by_one = {"PUBLISH_BATCH": "1", "PUBLISH_INTERVAL": "0.2"}
        bodies = "poison\n" * self.planned.messages
        await self.stage.target.start("publisher", {**self.stage.publisher, **one_by_one}, bodies=bodies)
        return f"{self.planned.messages} poisonous messages"

    async def confirm(self) -> str:
        """Count who died."""
        died = self.stage.target.crashes("subscriber") - self._before
        return sure(died, f"{died} subscribers died by themselves", "no subscriber died")


FAULT = Poison
