"""The dead letters of each destination that the settings name."""

from __future__ import annotations

from collections.abc import Sequence

from messaging.dead_letters import DeadLetters
from messaging.patterns import PATTERNS
from messaging.settings.common import CommonSettings


def destinations(settings: CommonSettings, patterns: Sequence[str]) -> list[DeadLetters]:
    """Return the dead letters of every pattern that has any."""
    kept = [pattern for pattern in patterns if PATTERNS[pattern].guarantee.persistent]
    return [DeadLetters(settings.redis, pattern, settings.destination.of(pattern)) for pattern in kept]
