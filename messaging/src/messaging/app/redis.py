"""The way in for a program: an application at a Redis or Valkey server, by its URL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pydantic import ValidationError

from messaging.app.application import Application
from messaging.app.blocking import Blocking
from messaging.broker import RedisBroker
from messaging.dead_letters import DeadLetters
from messaging.history import History
from messaging.seam.errors import SettingsError
from messaging.seam.options import Options
from messaging.settings.common import CommonSettings
from messaging.settings.load import load
from messaging.transport.settings import RedisSettings
from messaging.transport.url import mask_url

if TYPE_CHECKING:
    from messaging.telemetry.tracing import Tracing


class Redis(Application):
    """An application at a Redis or Valkey server."""

    def __init__(
        self,
        server: str | RedisSettings = "",
        *,
        sender: str = "",
        options: Options | None = None,
        tracing: Tracing | None = None,
    ) -> None:
        """Prepare; nothing is connected yet.

        Args:
            server: redis://, rediss:// or unix:// URL, or settings (Sentinel, Cluster, TLS); "" takes what REDIS_*
                says in the environment and in mounted files, as the services do.
            sender: who its messages are from; "" takes the name of the host or pod.
            options: of every destination that is given no others.
            tracing: makes spans of what passes; None makes none.

        Raises:
            SettingsError: the URL or the environment cannot be used.
        """
        self._settings = server if isinstance(server, RedisSettings) else _settings(server)
        super().__init__(RedisBroker(self._settings), sender=sender, options=options, tracing=tracing)

    def dead_letters(self, pattern: str, destination: str = "") -> DeadLetters:
        """Return the dead letters of a destination, to list, replay or drop them; close it in the end.

        Raises KeyError for an unknown pattern.
        """
        return DeadLetters(self._settings, pattern, destination)

    def history(self, destination: str = "") -> History:
        """Return what a stream still holds, to read it or to give it to a group of its own; close it in the end."""
        return History(self._settings, destination)

    @contextmanager
    def blocking(self) -> Iterator[Blocking]:
        """Publish from code without an event loop, from any number of threads; all is sent at the end of the block."""
        blocking = Blocking(self.using(RedisBroker(self._settings)))
        try:
            yield blocking
        finally:
            blocking.close()


def _settings(url: str) -> RedisSettings:
    if not url:
        return load(CommonSettings, os.environ).redis
    try:
        return RedisSettings(url=url)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        mend = getattr(first.get("ctx", {}).get("error"), "mend", first["msg"])
        raise SettingsError("url", mask_url(url), mend) from None
