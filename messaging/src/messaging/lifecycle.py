"""From start to exit: a flag that signals set, waits that end with it, and a loop to run in."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

T = TypeVar("T")
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Shutdown:
    """The flag that everything which waits looks at. To be made inside a running event loop.

    Attributes:
        reason: why it was requested, "" before that.
    """

    def __init__(self) -> None:
        """Begin with the flag not set."""
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self._callbacks: list[Callable[[], object]] = []
        self._since = 0.0  # on the monotonic clock
        self.reason = ""

    @property
    def requested(self) -> bool:
        """Whether to end."""
        return bool(self.reason)

    @property
    def draining(self) -> float:
        """For how long it has been requested, in seconds; 0.0 before that."""
        return time.monotonic() - self._since if self.requested else 0.0

    def request(self, reason: str) -> None:
        """Set the flag. Only the first reason is kept. May be called by any thread."""
        if not self.reason:
            self._since, self.reason = time.monotonic(), reason
            self._loop.call_soon_threadsafe(self._set)

    def then(self, callback: Callable[[], object]) -> None:
        """Call this in the loop when the flag is set; at once when it is."""
        if self._event.is_set():
            callback()
        else:
            self._callbacks.append(callback)

    async def wait(self, seconds: float | None = None) -> bool:
        """Wait until the flag is set, at most so long; return whether it is."""
        if not self.requested and seconds != 0:
            try:
                async with asyncio.timeout(seconds):
                    await self._event.wait()
            except TimeoutError:
                pass
        return self.requested

    def _set(self) -> None:
        self._event.set()
        for callback in self._callbacks:
            callback()

    @contextmanager
    def on_signals(self, leave: Callable[[int], object] = os._exit) -> Iterator[None]:
        """Set the flag on SIGTERM and SIGINT, also for one that was held back; a second one ends the process at once.

        The handlers that were there before are put back at the end.

        Args:
            leave: ends the process with a code.
        """

        def handle(number: int, _frame: FrameType | None) -> None:
            if self.requested:
                leave(128 + number)
            self.request(signal.Signals(number).name)

        before = {number: signal.signal(number, handle) for number in _SIGNALS}
        if sys.platform != "win32":
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)  # what came while the program was loaded comes now
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class GaveUp(Exception):
    """The service ends before its work is done; the text says why."""


async def supervise(
    work: Coroutine[object, object, None],
    shutdown: Shutdown,
    grace: float,
    tick: Callable[[], object],
    abort: Callable[[], object],
) -> bool:
    """Let something work until it is done, or until shutdown and the time after that.

    Args:
        work: is expected to end by itself when shutdown is requested.
        shutdown: the flag.
        grace: how long it may go on after that, in seconds; the last fifth after `abort`.
        tick: is called once a second.
        abort: asks the work to end at once.

    Returns:
        Whether it is done; what it raised is raised.
    """
    task = asyncio.ensure_future(work)
    asked = asyncio.ensure_future(shutdown.wait())
    try:
        while not (task.done() or asked.done()):
            await asyncio.wait((task, asked), timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
            tick()
        await asyncio.wait((task,), timeout=grace * 0.8)
        if not task.done():
            abort()
            await asyncio.wait((task,), timeout=grace * 0.2)
        if task.done() and not task.cancelled():
            task.result()
        return task.done()
    finally:
        asked.cancel()
        task.cancel()


def run(main: Coroutine[object, object, T]) -> T:
    """Run a coroutine to its end in an event loop of its own: uvloop's, where there is one."""
    if sys.platform == "win32":
        return asyncio.run(main)
    import uvloop  # noqa: PLC0415 - not made for Windows

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)
