"""A server's disk: how much of its append-only file an fsync has reached, and losing the rest.

The server is not asked: WAITAOF of Redis 7.4 and of Valkey up to 9.1 answers before the fsync where there is one a
second (redis/redis#13793). The thread that does it is watched instead: it sleeps between two of them.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from lab.embedded import EmbeddedServer
from lab.place.target import TargetError

LATE = 0.8
"""How long after an fsync is late, with one a second; in seconds."""
_THREAD = "bio_aof"  # as servers of all versions begin its name
CAN_WATCH = sys.platform == "linux"
"""Whether threads can be watched here."""
_GLANCE, _PATIENCE = 0.005, 10.0


def die_late(server: EmbeddedServer) -> int:
    """Kill a server late after an fsync and before the next, with one a second; blocks until then.

    Its append-only file then ends where it ended when that fsync was over. Returns how many bytes that took away.

    Raises:
        TargetError: its thread cannot be found, or there was no such moment within 10 s.
    """
    thread, written = _thread(server.pid), _written(server.directory)
    known, late, length, deadline = _switches(thread), float("inf"), 0, time.monotonic() + _PATIENCE
    while (now := time.monotonic()) < deadline:
        if (switches := _switches(thread)) != known:
            known, late, length = switches, now + LATE, _length(written)
        elif now >= late:
            server.kill()
            return _cut(written, length)
        time.sleep(_GLANCE)
    raise TargetError(f"within {_PATIENCE:g} s there were no {LATE:g} s between an fsync and the next")


def _thread(pid: int) -> Path:
    """Return where Linux tells of the thread that does the fsyncs."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text(encoding="utf-8").startswith(_THREAD):
            return task / "status"
    raise TargetError(f"process {pid} has no thread {_THREAD}: is it a Redis or Valkey server?")


def _switches(thread: Path) -> str:
    """Return how often it slept so far; between two fsyncs it does not wake up."""
    facts = thread.read_text(encoding="utf-8").splitlines()
    return next(line for line in facts if line.startswith("voluntary_ctxt_switches"))


def _written(directory: Path) -> Path:
    """Return the append-only file that a server writes in its directory."""
    return max(directory.glob("appendonlydir/*.incr.aof"), key=lambda path: path.stat().st_mtime_ns)


def _length(written: Path) -> int:
    return written.stat().st_size


def _cut(written: Path, length: int) -> int:
    lost = _length(written) - length
    os.truncate(written, length)
    return lost
