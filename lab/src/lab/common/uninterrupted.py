"""Steps that must be whole: a cancellation waits for their end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

T = TypeVar("T")


async def uninterrupted(step: Coroutine[object, object, T]) -> T:
    """Run a step to its end and return its result; being cancelled takes effect after that.

    For what makes something that must be removed again, and takes but a moment.
    """
    task = asyncio.ensure_future(step)
    cancelled = False
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            cancelled = True
    if cancelled and not task.cancelled():
        raise asyncio.CancelledError
    return task.result()
