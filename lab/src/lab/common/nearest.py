"""The nearest right word to a wrong one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def instead(wrong: str, right: Iterable[str]) -> str:
    """Say what was perhaps meant, or else everything that there is."""
    names = list(right)
    close = [name for name in names if name.startswith(wrong)] or get_close_matches(wrong, names, 1, 0.5)
    return f"did you mean {close[0]}?" if close else f"give one of {', '.join(names)}"
