"""Choosing patterns by what they promise."""

from __future__ import annotations

import pytest

from messaging import PATTERNS


def promising(**facts: object) -> pytest.MarkDecorator:
    """Run a test on the patterns whose guarantee has these facts, e.g. `@promising(fan_out=True)`."""
    chosen = [
        name
        for name, kind in PATTERNS.items()
        if all(getattr(kind.guarantee, fact) == value for fact, value in facts.items())
    ]
    return pytest.mark.parametrize("pattern", chosen)
