"""The faults, found by their presence: each module here that defines FAULT is one, by its name."""

from __future__ import annotations

import importlib
import pkgutil

from lab.faults.base.fault import Fault


def _found() -> dict[str, type[Fault]]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    modules = {name.replace("_", "-"): importlib.import_module(f"{__name__}.{name}") for name in names}
    return {name: module.FAULT for name, module in modules.items() if hasattr(module, "FAULT")}


FAULTS = _found()
"""Every fault by name."""
