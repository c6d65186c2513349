"""A handler that tells a file what it is given, before the ledger hears of it: evidence beside the ledger's."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest

_HANDLER = """
import asyncio, os

async def handle(deliveries):
    lines = "".join(f"{{one.message.id}}\\n" for one in deliveries).encode()
    file = os.open(f"{folder}/{{os.getpid()}}", os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    os.write(file, lines)
    os.close(file)
    await asyncio.sleep({seconds} * len(deliveries))
"""
HANDLER = "witness:handle"


@dataclass(frozen=True)
class Witness:
    """What each process was handed.

    Attributes:
        folder: holds a file for each process.
    """

    folder: Path

    def handed(self) -> dict[int, list[str]]:
        """Return the ids that each process's handler was given, by its pid, in order."""
        found: dict[int, list[str]] = defaultdict(list)
        for file in self.folder.iterdir():
            found[int(file.name)] = file.read_text().split()
        return found


def witness(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, seconds: float) -> Witness:
    """Make HANDLER known to the services that are started from now on; it takes so long for each message."""
    folder = tmp_path / "handed"
    folder.mkdir()
    (tmp_path / "witness.py").write_text(_HANDLER.format(folder=folder, seconds=seconds))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return Witness(folder)
