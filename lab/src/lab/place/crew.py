"""The seam between an experiment and whoever keeps its subscribers alive: as many as there shall be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from lab.place.target import Replica


class Crew(Protocol):
    """The subscribers of a run. Every method raises TargetError when it cannot do its work.

    Attributes:
        wanted: how many there shall be.
    """

    wanted: int

    async def muster(self) -> None:
        """Start them and return when they are ready."""

    async def complete(self) -> None:
        """Return when everybody who lives is ready.

        Who is told to end before that ends as if it had crashed.
        """

    async def scale(self, wanted: int) -> None:
        """Change how many there shall be; who is too many ends in good order. Returns when all that is done."""

    async def renew(self) -> None:
        """Replace each by a new one, one after the other: it is ready before the old one ends in good order."""

    async def relieve(self, environment: Mapping[str, str], replicas: int) -> Sequence[Replica]:
        """Put so many with settings of their own on top in the places of as many others; return the new ones."""

    async def recall(self) -> None:
        """Put usual ones in the places of those that relieved others."""

    async def look_after(self) -> None:
        """Replace who died some time ago, where nobody else does; to be called a few times a second."""
