"""The library as a developer of a service wants it: functions that consume, `publish` for any task, `run`."""

from messaging.app.application import Application
from messaging.app.redis import Redis

__all__ = ["Application", "Redis"]
