"""The server forgets everything, and goes on."""

from __future__ import annotations

import asyncio
import time

from lab.faults.base.fault import Fault, MissedMoment, sure
from lab.place.server import Ability
from messaging.patterns import PATTERNS

PATIENCE = 5.0
"""How long to wait for the moment, in seconds."""
# In one step: looked at, emptied, looked at again.
_FLUSH = """\
local held = 0
for _, key in ipairs(KEYS) do
  local kind = redis.call('TYPE', key).ok
  if kind == 'list' then held = held + redis.call('LLEN', key) end
  if kind == 'stream' then held = held + redis.call('XLEN', key) end
end
if held < tonumber(ARGV[1]) then return {held, -1} end
redis.call('FLUSHALL')
return {held, redis.call('DBSIZE')}
"""


class Flush(Fault):
    """FLUSHALL, on a server of the lab's own: as after a restart without its file."""

    about = "empties the server (FLUSHALL), as a restart without its file does"
    proof = "it held messages, and no key after it"
    moment = "messages wait in Redis"
    needs = Ability.SERVER
    forgets = True

    async def apply(self) -> str:
        """Empty it when messages wait."""
        deadline, most = time.monotonic() + PATIENCE, 0
        while time.monotonic() < deadline:
            held, self._left = await self.stage.server.ask("EVAL", _FLUSH, len(self._keys), *self._keys, self._least)
            if self._left >= 0:
                self._held = int(held)
                return f"FLUSHALL with {held} waiting"
            most = max(most, held)
            await asyncio.sleep(0)
        raise MissedMoment(f"within {PATIENCE:g} s Redis never held {self._least} messages: {most}")

    async def confirm(self) -> str:
        """Ask what the step saw."""
        return sure(self._left == 0, f"{self._held} messages are gone", f"{self._left} keys were left")

    async def hit(self) -> str:
        """It waited for them."""
        return f"{self._held} waited" if self._held else "a channel keeps nothing"

    @property
    def _keys(self) -> list[str]:
        """Where messages wait."""
        settings = self.stage.publisher
        patterns = [name for name in settings["PATTERN"].split(",") if PATTERNS[name].guarantee.persistent]
        return [settings[f"DESTINATION_{name.replace('-', '_').upper()}"] for name in patterns]

    @property
    def _least(self) -> int:
        return self.planned.in_hand if self._keys else 0


FAULT = Flush
