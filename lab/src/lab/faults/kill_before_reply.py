"""The server dies between a write and its reply."""

from __future__ import annotations

import asyncio

from lab.faults.base.fault import Fault, MissedMoment, sure
from lab.faults.base.requests import markers
from lab.place.server import Ability

PATIENCE = 5.0
"""How long to wait for a publish, in seconds."""


class KillBeforeReply(Fault):
    """The server has carried out a publish; its reply is thrown away, and the server killed (SIGKILL) at once."""

    about = (
        "kills the server (SIGKILL) when it has carried out a publish and its reply is on the way, and starts it again"
    )
    proof = "its run_id is another one"
    moment = "a publish is carried out, and its reply on the way"
    needs = Ability.NETWORK
    forgets = True

    async def apply(self) -> str:
        """Throw the reply of one publish away, and kill."""
        server = self.stage.server
        self._before, before = await server.identity(), server.swallowed
        pattern, marker = self.stage.chance.choice(sorted(markers("publish", self.stage.publisher).items()))
        async with self.stage.way:
            await server.drop_replies(marker)
            try:
                async with asyncio.timeout(PATIENCE):
                    await server.dropped()
                await server.kill()
            except TimeoutError:
                raise MissedMoment(f"no publish of {pattern} passed within {PATIENCE:g} s") from None
            finally:
                await server.heal()
        self._swallowed = server.swallowed - before
        return f"SIGKILL to the server before it could tell of a publish of {pattern}"

    async def heal(self) -> None:
        """Start it again."""
        await self.stage.server.restart()

    async def confirm(self) -> str:
        """Compare."""
        changed = await self.stage.server.identity() != self._before
        return sure(changed, "the server's run_id changed", "the server's run_id is the same")

    async def hit(self) -> str:
        """A reply was waited for."""
        return f"{self._swallowed:,} bytes of replies to it never arrived"


FAULT = KillBeforeReply
