"""The command `lab`."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Run the command and leave with its exit code."""
    try:
        # Takes a third of a second, in which Ctrl-C must end us as quietly as later on.
        from lab.cli.commands import app  # noqa: PLC0415

        sys.exit(app())
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
