"""The patterns, found by their presence: each module here that defines PATTERN is one."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

from messaging.seam.guarantee import Guarantee
from messaging.seam.options import Options
from messaging.seam.pattern import Consumer, Publisher
from messaging.transport.connection import Topology


@dataclass(frozen=True, slots=True)
class PatternKind:
    """What a pattern's file defines as PATTERN.

    Attributes:
        name: what PATTERN selects it by.
        source: its word in log lines.
        destination: the default channel, list or stream.
        guarantee: what it promises.
        publisher: makes its publisher.
        consumer: makes its consumer.
    """

    name: str
    source: str
    destination: str
    guarantee: Guarantee
    publisher: Callable[[Topology, Options], Publisher]
    consumer: Callable[[Topology, Options], Consumer]


def _found() -> dict[str, PatternKind]:
    modules = (importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__))
    kinds: list[PatternKind] = [module.PATTERN for module in modules if hasattr(module, "PATTERN")]
    kinds.sort(key=lambda kind: (not kind.guarantee.fan_out, kind.guarantee.redelivers, kind.name))
    return {kind.name: kind for kind in kinds}


PATTERNS = _found()
"""Every pattern by name, the weakest promise first."""
