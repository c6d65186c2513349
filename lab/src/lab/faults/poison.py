"""Messages that kill whoever handles them."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from lab.fault import Fault, sure


class Poison(Fault):
    """A publisher of its own sends a few messages that the handler dies of."""

    about = "sends a few messages whose handling kills the subscriber (SIGKILL)"
    proof = "subscribers died by themselves"
    crashes = True
    handler = "subscriber.handlers:poison"

    async def apply(self) -> str:
        """Write the bodies into a file and send them."""
        self._before = self._dead()
        self._bodies = Path(await asyncio.to_thread(_written, self.planned.messages))
        environment = {"PUBLISH_INPUT": str(self._bodies), "PUBLISH_BATCH": "1", "PUBLISH_INTERVAL": "0.2"}
        await self.stage.target.start("publisher", {**self.stage.publisher, **environment})
        return f"{self.planned.messages} poisonous messages"

    async def heal(self) -> None:
        """Remove the file."""
        if hasattr(self, "_bodies"):
            await asyncio.to_thread(self._bodies.unlink)

    async def confirm(self) -> str:
        """Count who died."""
        died = self._dead() - self._before
        return sure(died, f"{died} subscribers died by themselves", "no subscriber died")

    def _dead(self) -> int:
        target = self.stage.target
        return sum(target.has_crashed(one) for one in target.everyone() if one.role == "subscriber")


def _written(messages: int) -> str:
    with tempfile.NamedTemporaryFile("w", prefix="lab-poison-", delete=False) as file:
        file.write("poison\n" * messages)
    return file.name


FAULT = Poison
