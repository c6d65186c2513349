"""The command `publisher`."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Run the command and leave with its exit code."""
    if sys.platform != "win32":
        # Imports take half a second; as process 1 of a container we would not even feel a signal meanwhile.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _hold_back)
    from publisher.program import PROGRAM  # noqa: PLC0415 - see above

    sys.exit(PROGRAM.main())


def _hold_back(number: int, _frame: object) -> None:
    """Let a signal wait until `Shutdown` listens."""
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_BLOCK, {number})
        signal.raise_signal(number)  # to this thread: others do not block it


if __name__ == "__main__":
    main()
