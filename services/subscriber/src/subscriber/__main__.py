"""The command `subscriber`."""

from __future__ import annotations

import os
import sys

from messaging.program import Program
from messaging.settings.subscriber import SubscriberSettings
from subscriber.app import SERVICE
from subscriber.handlers import find

PROGRAM = Program(
    name="subscriber",
    summary="Receives messages from Redis or Valkey, by one or more patterns, and handles them.",
    model=SubscriberSettings,
    check=lambda settings: find(settings.handler),
    serve=SERVICE.run,
)


def main() -> None:
    """Run the command and leave with its exit code."""
    # HANDLER may name a module of the current folder, as with `python -m`; nothing is shadowed.
    sys.path.append(os.getcwd())  # noqa: PTH109 - sys.path holds strings
    sys.exit(PROGRAM.main())


if __name__ == "__main__":
    main()
