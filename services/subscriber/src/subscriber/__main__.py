"""The command `subscriber`."""

from __future__ import annotations

import os
import signal
import sys


def main() -> None:
    """Run the command and leave with its exit code."""
    if sys.platform != "win32":
        # Imports take half a second. A signal that comes meanwhile waits until `Shutdown` listens, and ends us in good
        # order; as process 1 of a container we would not even have felt it.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    # HANDLER may name a module of the current folder, as with `python -m`; nothing is shadowed.
    sys.path.append(os.getcwd())  # noqa: PTH109 - sys.path holds strings
    from subscriber.program import PROGRAM  # noqa: PLC0415 - see above

    sys.exit(PROGRAM.main())


if __name__ == "__main__":
    main()
