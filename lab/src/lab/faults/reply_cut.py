"""Requests arrive, replies do not."""

from __future__ import annotations

import asyncio

from lab.faults.base.fault import Fault, MissedMoment, sure
from lab.faults.base.requests import Step, markers
from lab.place.server import Ability

PATIENCE = 5.0
"""How long to wait for each request, in seconds."""


class ReplyCut(Fault):
    """The server does what it is told, and nobody hears of it: for a while, or of one request of each pattern."""

    about = "carries requests to the server and throws its replies away: all for a while, or that of one chosen request"
    proof = "replies were thrown away"
    moment = "the chosen request is carried out, and its reply on the way"
    needs = Ability.NETWORK
    _cut_of: list[str] | None = None

    async def apply(self) -> str:
        """Begin to throw away, or throw away those that were chosen."""
        self._before = self.stage.server.swallowed
        if self.planned.reply == "any":
            await self.stage.server.drop_replies()
            return "replies lost"
        self._cut_of = await self._cut(self.planned.reply)
        if not self._cut_of:
            return f"nothing to cut: there is no {self.planned.reply}"
        return f"replies lost to one {self.planned.reply} of {', '.join(self._cut_of)}"

    async def heal(self) -> None:
        """Mend."""
        await self.stage.server.heal()

    async def confirm(self) -> str:
        """Count."""
        if self._cut_of == []:
            return f"none of the patterns has a {self.planned.reply}"
        lost = self.stage.server.swallowed - self._before
        return sure(lost, f"{lost:,} bytes of replies were thrown away", "no reply was under way")

    async def hit(self) -> str:
        """Those that were chosen were waited for."""
        return f"{self.stage.server.swallowed - self._before:,} bytes of replies"

    async def _cut(self, step: Step) -> list[str]:
        """Cut one reply of each pattern, one after the other."""
        chosen = markers(step, self.stage.publisher)
        for pattern, marker in chosen.items():
            async with self.stage.way:
                await self.stage.server.drop_replies(marker)
                try:
                    async with asyncio.timeout(PATIENCE):
                        await self.stage.server.dropped()
                except TimeoutError:
                    raise MissedMoment(f"no {step} of {pattern} passed within {PATIENCE:g} s") from None
                finally:
                    await self.stage.server.heal()
        return [*chosen]


FAULT = ReplyCut
