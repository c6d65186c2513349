"""How long to wait before trying again."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator


class Backoff:
    """Delays that double up to a cap, each shortened by chance so that replicas do not march in step.

    Iterating never ends; a new `iter` begins again at the first delay.
    """

    def __init__(
        self,
        first: float = 0.1,
        cap: float = 5.0,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """Prepare delays.

        Args:
            first: the longest first delay, in seconds.
            cap: the longest delay of all, in seconds.
            uniform: gives a random number between its two arguments.
        """
        self._first, self._cap, self._uniform = first, cap, uniform

    def __iter__(self) -> Iterator[float]:
        """Yield the delays, in seconds, for ever: from a half to the whole of the doubled value."""
        delay = min(self._first, self._cap)
        while True:
            yield self._uniform(delay / 2, delay)
            delay = min(delay * 2, self._cap)
