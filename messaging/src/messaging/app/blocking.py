"""Publishing from code that knows no event loop: one of our own, in a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from messaging.app.application import Application
from messaging.seam.outcomes import Outcome

T = TypeVar("T")


class Blocking:
    """Publishes through an application, for any number of threads."""

    def __init__(self, application: Application) -> None:
        """Start the thread; the application is used by nobody else."""
        self._application = application
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="messaging", daemon=True)
        self._thread.start()

    def publish(self, pattern: str, destination: str, body: object) -> Outcome:
        """Publish one message and wait for its outcome; see `Application.publish`."""
        return self._wait(self._application.publish(pattern, destination, body))

    def publish_many(self, pattern: str, destination: str, bodies: Iterable[object]) -> list[Outcome]:
        """Publish many in their order and wait for what became of each; see `Application.publish_many`."""
        return self._wait(self._application.publish_many(pattern, destination, bodies))

    def close(self) -> None:
        """Close the connections and end the thread."""
        try:
            self._wait(self._application.aclose())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()
