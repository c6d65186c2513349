"""Coroutines whose every step can be counted: to strike at each await in turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from typing import Any

Work = Coroutine[Any, Any, Any]


class _Stepping(Coroutine[Any, Any, Any]):
    """Passes everything on, and tells before each step which one it is, from 1."""

    def __init__(self, inner: Work, at_step: Callable[[int], object]) -> None:
        self._inner, self._at_step, self._steps = inner, at_step, 0

    def send(self, value: Any) -> Any:  # noqa: ANN401 - as every coroutine
        self._count()
        return self._inner.send(value)

    def throw(self, *error: Any) -> Any:  # noqa: ANN401 - as every coroutine
        self._count()
        return self._inner.throw(*error)

    def close(self) -> None:
        self._inner.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._inner.__await__()

    def _count(self) -> None:
        self._steps += 1
        self._at_step(self._steps)


@contextmanager
def stepping(name: str, at_step: Callable[[int], object]) -> Iterator[None]:
    """Call `at_step` before each step of every task that runs the coroutine of this qualified name."""
    loop = asyncio.get_running_loop()

    def make(loop: asyncio.AbstractEventLoop, work: Any, **how: Any) -> asyncio.Task[Any]:  # noqa: ANN401
        watched = getattr(work, "__qualname__", "") == name
        return asyncio.Task(_Stepping(work, at_step) if watched else work, loop=loop, **how)

    before = loop.get_task_factory()
    loop.set_task_factory(make)
    try:
        yield
    finally:
        loop.set_task_factory(before)
