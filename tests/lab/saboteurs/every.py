"""All saboteurs, found by their presence: each file of bugs/ is one."""

from __future__ import annotations

import importlib
from pathlib import Path

from lab.common.nearest import instead
from tests.lab.saboteurs.saboteur import Saboteur

_FOLDER = Path(__file__).parent / "bugs"


class NotApplicable(Exception):
    """There is no such saboteur, or it cannot be let into the pattern; the text says what to give instead."""


def every() -> dict[str, Saboteur]:
    """Return all by name."""
    modules = [importlib.import_module(f"tests.lab.saboteurs.bugs.{path.stem}") for path in _FOLDER.glob("*.py")]
    found: list[Saboteur] = [module.SABOTEUR for module in modules]
    return {one.name: one for one in sorted(found, key=lambda one: one.name)}


def find(name: str, pattern: str = "") -> Saboteur:
    """Return one by name.

    Raises:
        NotApplicable: there is none, or the pattern is not one of its own.
    """
    known = every()
    if name not in known:
        raise NotApplicable(f"unknown saboteur {name}: {instead(name, known)}")
    one = known[name]
    if pattern and pattern not in one.patterns:
        why = f" ({one.spared})" if one.spared else ""
        raise NotApplicable(f"{name} does not apply to {pattern}{why}: give one of {', '.join(one.patterns)}")
    return one
