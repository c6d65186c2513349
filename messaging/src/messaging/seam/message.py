"""The message on the wire: flat JSON that a program in any language can write and read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec

from messaging.seam.errors import MalformedMessage

MESSAGE_BYTES = 16 * 1024 * 1024
"""Largest message accepted by default, in bytes of JSON."""
TRACEPARENT_LENGTH = 55
"""Characters of a W3C `traceparent`."""


class Message(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One message. Unknown JSON keys are ignored, so that others may add theirs.

    Attributes:
        id: unique; ours are UUIDs (see `messaging.seam.ids`).
        timestamp: when it was (meant to be) sent, with its time zone.
        message: the body.
        sender: who sent it.
        count: the sender's own number of it, from 1.
        traceparent: W3C trace context, when the sender traces.
        tracestate: its vendor part.
    """

    id: str
    timestamp: Annotated[datetime, msgspec.Meta(tz=True)]
    message: str
    sender: str
    count: int
    traceparent: str | None = None
    tracestate: str | None = None


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Message)


def encode(message: Message) -> bytes:
    """Return the message as JSON: keys in the documented order, time in UTC with microseconds and Z."""
    stamp = message.timestamp
    if stamp.tzinfo is not UTC:
        message = msgspec.structs.replace(message, timestamp=stamp.astimezone(UTC))
    encoded = _encoder.encode(message)
    if stamp.microsecond:
        return encoded
    # msgspec leaves out a fraction of zero; the format promises six digits. No quote stands
    # unescaped in the id before it, so the first match is the timestamp's end.
    return encoded.replace(b'Z","message":', b'.000000Z","message":', 1)


def decode(body: bytes, limit: int = MESSAGE_BYTES) -> Message:
    """Read a message.

    Args:
        body: the bytes from Redis.
        limit: the largest size accepted, in bytes.

    Raises:
        MalformedMessage: the bytes are too many, no JSON, no object, or a field is missing or of
            the wrong type.
    """
    if len(body) > limit:
        raise MalformedMessage("", f"{len(body)} bytes, and MESSAGE_BYTES allows {limit}")
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _validation(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedMessage("", f"not JSON: {error}") from None


def _validation(text: str) -> MalformedMessage:
    """Turn msgspec's words ("Expected `int`, got `str` - at `$.count`") into field and reason."""
    if text.startswith("Object missing required field `"):
        return MalformedMessage(text.split("`")[1], "is missing")
    reason, _, path = text.partition(" - at `$.")
    return MalformedMessage(path.rstrip("`"), reason)
