"""Ctrl-C and SIGTERM: once is enough, and what was begun is cleaned up."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import TypeVar

T = TypeVar("T")
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(Exception):
    """Somebody asked for the end.

    Attributes:
        signal: how.
    """

    def __init__(self, number: signal.Signals) -> None:
        """Say by which signal."""
        self.signal = number
        super().__init__(f"interrupted by {number.name}")


async def interruptible(main: Coroutine[object, object, T]) -> T:
    """Run something that cleans up after itself; a signal cancels it, further ones are ignored.

    Raises:
        Interrupted: a signal came before the end.
    """
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(main)
    received: list[signal.Signals] = []

    def interrupt(number: signal.Signals) -> None:
        if not received:
            received.append(number)
            task.cancel()

    for number in _SIGNALS:
        loop.add_signal_handler(number, interrupt, number)
    try:
        return await task
    except asyncio.CancelledError:
        if received:
            raise Interrupted(received[0]) from None
        raise
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
