"""Handlers of the scenarios: each brings about the moment that its saboteur needs. HANDLER names them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from messaging import ACK, Dead, Delivery, Retry, Settlement
from tests.lab.saboteurs.saboteur import chosen

SLOW = 13
"""The count of the message that takes longer than its lease; a warm-up sends fewer."""
_LONG, _EACH, _STOOD_STILL = 2.5, 0.004, 1.0


async def rejecting(deliveries: list[Delivery]) -> Sequence[Settlement]:
    """Refuse some for good."""
    return [Dead("the handler refuses it") if chosen(one.message.count) else ACK for one in deliveries]


async def retrying(deliveries: list[Delivery]) -> Sequence[Settlement]:
    """Ask for some again, when they come first."""
    return [Retry("not now") if chosen(one.message.count) and one.count == 1 else ACK for one in deliveries]


async def lingering(deliveries: list[Delivery]) -> None:
    """Take longer than the lease for one message, when it comes first."""
    if any(one.message.count == SLOW and one.count == 1 for one in deliveries):
        await asyncio.sleep(_LONG)


async def impatient(deliveries: list[Delivery]) -> Sequence[Settlement] | None:
    """Refuse a batch during which the process stood still."""
    began = time.monotonic()
    for _ in deliveries:
        await asyncio.sleep(_EACH)
    if time.monotonic() - began > _STOOD_STILL:
        return [Dead("it took too long")] * len(deliveries)
    return None
