"""The publisher as a program: its settings and its work."""

from __future__ import annotations

from messaging.service.program import Program
from messaging.settings.publisher import PublisherSettings
from publisher.app import SERVICE

PROGRAM = Program(
    name="publisher",
    summary="Sends messages through Redis or Valkey, by one or more patterns.",
    model=PublisherSettings,
    check=lambda settings: settings,
    serve=SERVICE.run,
)
