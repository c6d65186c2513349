"""A service with a planted bug: `python -m tests.lab.saboteurs.run NAME FOLDER ROLE`.

The library's table of patterns is given the saboteur's publisher and consumer in place of its own, from outside, and
then the service starts as always.
"""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from messaging import PATTERNS, Consumer, Options, PatternKind, Publisher
from messaging.transport.connection import Topology
from tests.lab.saboteurs.every import find
from tests.lab.saboteurs.harm import Harm
from tests.lab.saboteurs.saboteur import Saboteur, Scene


def let_in(saboteur: Saboteur, folder: Path) -> None:
    """Put it into the patterns to which it applies."""
    for pattern in saboteur.patterns:
        kind = PATTERNS[pattern]
        if saboteur.publisher is not None:
            kind = replace(kind, publisher=partial(_publisher, saboteur.publisher, PATTERNS[pattern], folder))
        if saboteur.consumer is not None:
            kind = replace(kind, consumer=partial(_consumer, saboteur.consumer, PATTERNS[pattern], folder))
        PATTERNS[pattern] = kind


def _publisher(
    make: Callable[[Scene], Publisher], kind: PatternKind, folder: Path, topology: Topology, options: Options
) -> Publisher:
    return make(Scene(kind, topology, options, Harm(folder, kind.name, "")))


def _consumer(
    make: Callable[[Scene], Consumer], kind: PatternKind, folder: Path, topology: Topology, options: Options
) -> Consumer:
    return make(Scene(kind, topology, options, Harm(folder, kind.name, options.consumer)))


def main() -> None:
    """Let the saboteur in, and become the service."""
    name, folder, role = sys.argv[1:]
    let_in(find(name), Path(folder))
    sys.argv = [role]
    runpy.run_module(role, run_name="__main__")


if __name__ == "__main__":
    main()
