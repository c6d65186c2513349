"""The subscriber as a program: its settings and its work."""

from __future__ import annotations

from messaging.service.program import Program
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
