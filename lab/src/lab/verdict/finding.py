"""What a run says about a guarantee, in a word."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Finding(StrEnum):
    """What a run says about a guarantee."""

    HELD = "held"
    BROKEN = "broken"
    PROVES_NOTHING = "proves nothing"

    @property
    def exit_code(self) -> int:
        """What a command that ends with it returns."""
        return {Finding.HELD: 0, Finding.BROKEN: 1, Finding.PROVES_NOTHING: 3}[self]


def worst(findings: Iterable[Finding]) -> Finding:
    """Return the finding of several together; none at all prove nothing."""
    found = set(findings)
    for finding in (Finding.BROKEN, Finding.PROVES_NOTHING, Finding.HELD):
        if finding in found:
            return finding
    return Finding.PROVES_NOTHING
