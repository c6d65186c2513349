"""The same seam without Redis, for unit tests of code that publishes or consumes.

`MemoryBroker` stands in for `RedisBroker`: same patterns, same promises, same contract suite.
Nothing leaves the process; all its publishers and consumers run on one event loop.
"""

from messaging.memory.broker import MemoryBroker
from messaging.memory.store import DeadLetter

__all__ = ["DeadLetter", "MemoryBroker"]
