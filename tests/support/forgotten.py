"""Exceptions that nobody takes: asyncio only logs them, when it collects the task or the future as garbage."""

from __future__ import annotations

import gc
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

FORGOTTEN = re.compile(r"was never retrieved|^Exception ignored in|Unhandled exception|Fatal error on", re.MULTILINE)
"""How Python words them, also in the output of a process."""


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(self.format(record))


@contextmanager
def none_forgotten() -> Iterator[None]:
    """Fail when asyncio has reported an error meanwhile, or does when the garbage is collected at the end.

    One inside another hears alone what happens meanwhile.

    Raises:
        AssertionError: the text is what was reported.
    """
    collector, logger = _Collector(), logging.getLogger("asyncio")
    others, logger.handlers = logger.handlers, [collector]
    try:
        yield
        gc.collect()
    finally:
        logger.handlers = others
    assert not collector.found, "exceptions that nobody took:\n" + "\n".join(collector.found)
