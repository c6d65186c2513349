"""A saboteur: one planted bug, wrapped around the public seam from outside; the product has no switch for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from messaging import Consumer, Options, PatternKind, Publisher
from messaging.transport.connection import Topology
from tests.lab.saboteurs.harm import Harm

Kind = Literal["lost", "duplicated", "reordered", "buried", "overdue"]
"""As `lab.verdict.cases` names it."""
NTH = 10
"""One in so many is harmed, where not all are."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a saboteur is let in: what a pattern makes a publisher or a consumer of.

    Attributes:
        kind: the pattern as it is.
        topology: the way to the server.
        options: the publisher's, or the consumer's.
        harm: where it notes what it does.
    """

    kind: PatternKind
    topology: Topology
    options: Options
    harm: Harm

    def publisher(self) -> Publisher:
        """Return the publisher that the product would have."""
        return self.kind.publisher(self.topology, self.options)

    def consumer(self, options: Options | None = None) -> Consumer:
        """Return the consumer that the product would have; with other options, if any are given."""
        return self.kind.consumer(self.topology, options or self.options)


@dataclass(frozen=True, slots=True)
class Saboteur:
    """One planted bug, and what the lab must say of it.

    Attributes:
        name: what it is called.
        breaks: what it breaks, in a sentence.
        patterns: those that it can be let into.
        spared: why it cannot be let into the others; "": it can be let into all.
        like: the ready scenario of which the next one is a short one.
        scenario: the one that must find it, as YAML.
        finding: as what each harmed message must be found.
        reason: words of the verdict's reason.
        publisher, consumer: what stands in the place of the product's.
        by_luck: some that it meant to harm came through all the same; they were processed, and are not to be found.
        quick: a run takes less than 20 seconds.
    """

    name: str
    breaks: str
    patterns: tuple[str, ...]
    spared: str
    like: str
    scenario: str
    finding: Kind
    reason: str
    publisher: Callable[[Scene], Publisher] | None = None
    consumer: Callable[[Scene], Consumer] | None = None
    by_luck: bool = False
    quick: bool = True


def chosen(count: int) -> bool:
    """Tell whether a message is one of those that are harmed, by its sender's count."""
    return count % NTH == 0
