"""From messages to bytes: what is too large fails, and nothing else does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from messaging.seam.errors import MessageTooLarge
from messaging.seam.message import Message, encode
from messaging.seam.outcomes import Failed, Outcome


async def send_encoded(
    messages: Sequence[Message], limit: int, send: Callable[[list[bytes]], Awaitable[list[Outcome]]]
) -> list[Outcome]:
    """Send messages as JSON and return an outcome for each, in order.

    Args:
        messages: what to send.
        limit: the largest size allowed, in bytes.
        send: sends those that fit; is not called when there are none.
    """
    bodies = [encode(message) for message in messages]
    large = {place: len(body) for place, body in enumerate(bodies) if len(body) > limit}
    if not large:
        return await send(bodies) if bodies else []
    fitting = [body for place, body in enumerate(bodies) if place not in large]
    outcomes = iter(await send(fitting) if fitting else [])
    return [
        Failed(MessageTooLarge(large[place], limit)) if place in large else next(outcomes)
        for place in range(len(bodies))
    ]
