"""Waiting for a condition: the one place in the tests where time is allowed to pass."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast, overload

T = TypeVar("T")


@overload
async def eventually(
    condition: Callable[[], Awaitable[T]],
    *,
    timeout: float = ...,
    every: float = ...,
    what: str = ...,
    ignoring: type[Exception] | tuple[type[Exception], ...] = ...,
) -> T: ...


@overload
async def eventually(
    condition: Callable[[], T],
    *,
    timeout: float = ...,
    every: float = ...,
    what: str = ...,
    ignoring: type[Exception] | tuple[type[Exception], ...] = ...,
) -> T: ...


async def eventually(
    condition: Callable[[], T | Awaitable[T]],
    *,
    timeout: float = 10.0,
    every: float = 0.01,
    what: str = "the condition",
    ignoring: type[Exception] | tuple[type[Exception], ...] = (),
) -> T:
    """Ask until the answer is truthy, and return it.

    Args:
        condition: what to ask, a plain or an async function.
        timeout: how long to go on asking, in seconds.
        every: the pause between two questions, in seconds.
        what: what was awaited, for the error.
        ignoring: errors that mean "not yet", e.g. of a server that is restarting.

    Raises:
        AssertionError: it did not come true in time; the text tells the last answer.
    """
    clock = asyncio.get_running_loop().time
    deadline = clock() + timeout
    while True:
        last: object
        try:
            answer = condition()
            last = await answer if inspect.isawaitable(answer) else answer
            if last:
                return cast("T", last)
        except ignoring as error:
            last = error
        if clock() >= deadline:
            msg = f"{what} did not come true within {timeout:g} s; last: {last!r}"
            raise AssertionError(msg)
        await asyncio.sleep(every)
