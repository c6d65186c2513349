"""The handlers that come with the subscriber; HANDLER names one, or any other module's.

`subscriber.handlers:log` (the default) writes each message to the log. The others are for
experiments: they write it too, and

- `subscriber.handlers:slow` takes HANDLER_DELAY seconds for each message;
- `subscriber.handlers:fail` raises on a message whose body contains "fail";
- `subscriber.handlers:poison` kills its process on a message whose body contains "poison".
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Sequence

from messaging.app.functions import load_handler
from messaging.seam.delivery import Delivery
from messaging.seam.errors import SettingsError
from messaging.seam.handler import Handler, each
from messaging.settings.subscriber import SubscriberSettings
from subscriber.journal import Journal

Maker = Callable[[SubscriberSettings, Journal], Handler]


def log(_settings: SubscriberSettings, journal: Journal) -> Handler:
    """Make the handler that writes each message to the log."""

    async def handle(deliveries: Sequence[Delivery]) -> None:
        journal.received(deliveries)

    return handle


def slow(settings: SubscriberSettings, journal: Journal) -> Handler:
    """Make the handler that takes its time."""

    async def act(_: Delivery) -> None:
        await asyncio.sleep(settings.handler_delay)

    return _one_by_one(act, journal)


def fail(_settings: SubscriberSettings, journal: Journal) -> Handler:
    """Make the handler that raises when it is told to."""

    async def act(delivery: Delivery) -> None:
        if "fail" in delivery.message.message:
            raise RuntimeError("the message says so")

    return _one_by_one(act, journal)


def poison(_settings: SubscriberSettings, journal: Journal) -> Handler:
    """Make the handler that kills its process when it is told to."""

    async def act(delivery: Delivery) -> None:
        if "poison" in delivery.message.message:
            os.kill(os.getpid(), signal.SIGKILL)
            os._exit(128 + signal.SIGKILL)  # process 1 of a container does not hear its own SIGKILL

    return _one_by_one(act, journal)


OWN: dict[str, Maker] = {maker.__name__: maker for maker in (log, slow, fail, poison)}


def find(path: str) -> Maker:
    """Return what makes the handler that HANDLER names.

    Raises:
        SettingsError: there is none.
    """
    module, _, name = path.partition(":")
    if module != __name__:
        handler = load_handler(path)
        return lambda _settings, _journal: handler
    if name not in OWN:
        raise SettingsError("HANDLER", path, f"give {__name__}: and one of {', '.join(OWN)}")
    return OWN[name]


def _one_by_one(act: Callable[[Delivery], Awaitable[None]], journal: Journal) -> Handler:
    async def handle(delivery: Delivery) -> None:
        await act(delivery)
        journal.received((delivery,))

    return each(handle)
