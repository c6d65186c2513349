"""The faults, found by their presence: each module here that defines FAULT is one, by its name."""

from __future__ import annotations

import importlib
import pkgutil

from lab.fault import Fault


def _found() -> dict[str, type[Fault]]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name.replace("_", "-"): importlib.import_module(f"{__name__}.{name}").FAULT for name in names}


FAULTS = _found()
"""Every fault by name."""
