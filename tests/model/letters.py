"""Dead letters, as the models look at them."""

from __future__ import annotations

from collections.abc import Mapping

from messaging import decode

MAX_DELIVERIES = 3


def number_of_letter(fields: Mapping[bytes, bytes]) -> int:
    """Return its message's count; nothing may be given up before it was delivered as often as promised."""
    deliveries = int(fields[b"deliveries"])
    assert deliveries == MAX_DELIVERIES or (fields[b"reason"] == b"rejected" and deliveries <= MAX_DELIVERIES)
    return decode(fields[b"body"]).count
