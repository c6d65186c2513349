"""A pub/sub subscriber is so slow that the server gives up on it."""

from __future__ import annotations

from lab.faults.base.fault import Fault, sure
from lab.place.server import Ability, facts

_TIGHT, _USUAL = "pubsub 64kb 32kb 1", "pubsub 32mb 8mb 60"
_COUNTER = "client_output_buffer_limit_disconnections"


class BufferOverflow(Fault):
    """One subscriber is frozen, and the server may keep little for it."""

    about = "freezes a subscriber (SIGSTOP) and lets the server keep at most 64 KB for it"
    proof = "the server counted a connection that it closed for that"
    needs = Ability.CONFIGURE
    deafens = True

    async def apply(self) -> str:
        """Lower the limit and freeze one."""
        self._before = await self._closed()
        await self.stage.server.ask("CONFIG", "SET", "client-output-buffer-limit", _TIGHT)
        self._victim = await self.victim()
        await self.stage.target.pause(self._victim)
        return f"SIGSTOP to {self._victim.name}, small buffer"

    async def heal(self) -> None:
        """Let it go on, and raise the limit."""
        if hasattr(self, "_victim"):
            await self.stage.target.resume(self._victim)
        await self.stage.server.ask("CONFIG", "SET", "client-output-buffer-limit", _USUAL)

    async def confirm(self) -> str:
        """Ask the server's counter."""
        closed = await self._closed() - self._before
        return sure(closed, f"the server closed {closed} connections for their buffers", "no buffer overflowed")

    async def _closed(self) -> int:
        return int(facts(await self.stage.server.ask("INFO", "stats"))[_COUNTER])


FAULT = BufferOverflow
