"""How much of what every group has acknowledged a stream keeps: its history."""

from __future__ import annotations

import re
from dataclasses import dataclass

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_FORM = re.compile(r"(\d{1,15})([smhd]?)")
_MOST_DIGITS = 15  # what Lua's numbers hold exactly
LONGEST = 10 * 365 * 86_400
"""The longest time that can be kept, in seconds."""


@dataclass(frozen=True, slots=True)
class Keep:
    """What a stream keeps; at 0 an entry goes as soon as every group has acknowledged it.

    It is a least, never a most: an entry that some group has not done stays, and what follows it.

    Attributes:
        messages: the newest so many entries, done or not.
        seconds: what was added in the last so many seconds.
    """

    messages: int = 0
    seconds: int = 0

    def __bool__(self) -> bool:
        """Tell whether anything is kept."""
        return bool(self.messages or self.seconds)

    @classmethod
    def parse(cls, text: str) -> Keep:
        """Read a number of messages, or a time: 90s, 15m, 24h, 7d.

        Raises:
            ValueError: it is neither; says what to write.
        """
        if not text.isdecimal():
            return cls(seconds=parse_time(text))
        if len(text) > _MOST_DIGITS:
            raise ValueError("keep fewer than 10^15 messages")
        return cls(messages=int(text))


NOTHING = Keep()
"""No history: as it is unless told."""


def parse_time(text: str) -> int:
    """Read a time as 90s, 15m, 24h or 7d, and return it in seconds.

    Raises:
        ValueError: it is none; says what to write.
    """
    form = _FORM.fullmatch(text)
    if form is None or not form[2]:
        raise ValueError("give a number of messages (100000), a time (90s, 15m, 24h, 7d), or 0")
    seconds = int(form[1]) * _UNITS[form[2]]
    if seconds > LONGEST:
        raise ValueError(f"keep at most {LONGEST // 86_400}d")
    return seconds
