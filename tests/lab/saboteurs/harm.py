"""What a saboteur did to whom: it writes that down before anybody can feel it, and the check reads it."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from messaging import Delivery

Harmed = set[tuple[str, str]]
"""Whose handler was harmed ("": everybody's), and which message's id."""


class Harm:
    """The notes of one saboteur in one process about one pattern; they survive SIGKILL.

    Attributes:
        who: the consumer that it sits in, "" in a publisher.
    """

    def __init__(self, folder: Path, pattern: str, who: str) -> None:
        """Write into a file of its own in that folder."""
        self.who = who
        self._path = folder / f"{pattern} {who or 'everybody'} {os.getpid()}"

    def done(self, ids: Iterable[str]) -> None:
        """Note that these are harmed."""
        self._write("+", ids)

    def undone(self, ids: Iterable[str]) -> None:
        """Note that no harm came of these after all."""
        self._write("-", ids)

    def _write(self, sign: str, ids: Iterable[str]) -> None:
        lines = "".join(f"{sign}{one}\n" for one in ids).encode()
        if lines:
            file = os.open(self._path, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
            os.write(file, lines)
            os.close(file)


def read(folder: Path) -> Mapping[str, Harmed]:
    """Return what was harmed for good, by pattern."""
    found: dict[str, Harmed] = defaultdict(set)
    for path in folder.iterdir():
        pattern, who, _ = path.name.split(" ")
        mine = found[pattern]
        for line in path.read_text(encoding="ascii").splitlines():
            one = ("" if who == "everybody" else who, line[1:])
            (mine.add if line[0] == "+" else mine.discard)(one)
    return found


def ids(deliveries: Iterable[Delivery]) -> list[str]:
    """Return the ids of deliveries."""
    return [one.message.id for one in deliveries]
