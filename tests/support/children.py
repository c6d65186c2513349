"""Which processes are children of this one."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_PROC = Path("/proc")


def children() -> dict[int, str]:
    """Return the pids and commands of this process's children, those that only await reaping too."""
    table = _from_proc() if (_PROC / "self/stat").exists() else _from_ps()
    return {pid: command for pid, (parent, command) in table.items() if parent == os.getpid()}


def _from_proc() -> dict[int, tuple[int, str]]:
    table = {}
    for folder in _PROC.iterdir():
        if not folder.name.isdigit():
            continue
        try:
            # pid (name) state parent ...: the name may hold blanks and brackets.
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_text(errors="replace").replace("\0", " ")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
        table[int(folder.name)] = (parent, command)
    return table


def _from_ps() -> dict[int, tuple[int, str]]:
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,command="],  # noqa: S607 - the system's own
        check=True,
        capture_output=True,
        text=True,
    )
    rows = (line.split(None, 2) for line in listing.stdout.splitlines())
    # ps lists itself, which has ended by now.
    return {int(pid): (int(parent), text) for pid, parent, text in rows if "ppid=" not in text}
