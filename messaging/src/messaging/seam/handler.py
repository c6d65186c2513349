"""Handlers: the code that is given messages and says what became of each."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Sequence

from messaging.seam.delivery import Delivery
from messaging.seam.settlements import ACK, Retry, Settlement

Handler = Callable[[Sequence[Delivery]], Awaitable[Sequence[Settlement] | None]]
"""Is given a batch in order and returns one settlement for each delivery; None: all are done.

An exception means Retry for the whole batch (a dead letter where the pattern cannot redeliver).
"""
SingleHandler = Callable[[Delivery], Awaitable[Settlement | None]]
"""Is given one delivery; None: it is done."""
_SINGLE = "messaging_single"


def each(handle: SingleHandler) -> Handler:
    """Make a handler of one that takes a single delivery; an exception concerns that delivery alone."""

    @functools.wraps(handle)
    async def handler(deliveries: Sequence[Delivery]) -> Sequence[Settlement] | None:
        settlements: list[Settlement] = []
        for delivery in deliveries:
            try:
                settlements.append(await handle(delivery) or ACK)
            except Exception as error:  # noqa: BLE001 - user code may raise anything; it becomes the retry's reason
                settlements.append(Retry(reason_of(error)))
        return settlements

    handler.__dict__[_SINGLE] = handle
    return handler


def single_of(handler: Handler) -> SingleHandler | None:
    """Return what `each` made a handler of, so that a wrapper can surround a single delivery; None for any other."""
    single: SingleHandler | None = getattr(handler, _SINGLE, None)
    return single


def side_by_side(handler: Handler, concurrency: int) -> Handler:
    """Make a handler that gives slices of a batch to `concurrency` calls of `handler` at once."""
    if concurrency == 1:
        return handler

    async def whole(deliveries: Sequence[Delivery]) -> Sequence[Settlement]:
        slices = [deliveries[start::concurrency] for start in range(min(concurrency, len(deliveries)))]
        results = await asyncio.gather(*(attempt(handler, part) for part in slices))
        settlements: list[Settlement] = [ACK] * len(deliveries)
        for start, result in enumerate(results):
            settlements[start::concurrency] = result or [ACK] * len(settlements[start::concurrency])
        return settlements

    return whole


async def attempt(handler: Handler, deliveries: Sequence[Delivery]) -> Sequence[Settlement] | None:
    """Call a handler; what it raises becomes a Retry for each delivery, and so does a wrong number of answers."""
    try:
        settlements = await handler(deliveries)
    except asyncio.CancelledError as error:
        if _is_being_cancelled():
            raise
        return [Retry(reason_of(error))] * len(deliveries)  # something that the handler awaited was cancelled
    except Exception as error:  # noqa: BLE001 - user code may raise anything; it becomes the retry's reason
        return [Retry(reason_of(error))] * len(deliveries)
    if settlements is not None and len(settlements) != len(deliveries):
        reason = f"the handler returned {len(settlements)} settlements for {len(deliveries)} messages"
        return [Retry(reason)] * len(deliveries)
    return settlements


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def reason_of(error: BaseException) -> str:
    """Return an exception as one line of words."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
