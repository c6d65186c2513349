"""An event loop in a thread of its own: what a whole session shares must not stop with one test."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from types import TracebackType

T = TypeVar("T")


class LoopThread:
    """Runs coroutines beside the test's loop; `with LoopThread() as thread: await thread.run(...)`."""

    def __init__(self) -> None:
        """Describe the thread; it starts on entering."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tests-loop")

    def __enter__(self) -> Self:
        """Start the thread."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the loop and wait for the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def run(self, work: Coroutine[object, object, T]) -> T:
        """Run the coroutine there and return what it returns."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))
