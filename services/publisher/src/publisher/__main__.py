"""The command `publisher`."""

from __future__ import annotations

import sys

from messaging.program import Program
from messaging.settings.publisher import PublisherSettings
from publisher.app import SERVICE

PROGRAM = Program(
    name="publisher",
    summary="Sends messages through Redis or Valkey, by one or more patterns.",
    model=PublisherSettings,
    check=lambda settings: settings,
    serve=SERVICE.run,
)


def main() -> None:
    """Run the command and leave with its exit code."""
    sys.exit(PROGRAM.main())


if __name__ == "__main__":
    main()
