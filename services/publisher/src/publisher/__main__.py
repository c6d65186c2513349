"""The command `publisher`."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Run the command and leave with its exit code."""
    if sys.platform != "win32":
        # Imports take half a second. A signal that comes meanwhile waits until `Shutdown` listens, and ends us in good
        # order; as process 1 of a container we would not even have felt it.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    from publisher.program import PROGRAM  # noqa: PLC0415 - see above

    sys.exit(PROGRAM.main())


if __name__ == "__main__":
    main()
