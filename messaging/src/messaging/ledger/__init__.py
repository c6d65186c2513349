"""The ledger: what was attempted and what was done, kept outside the Redis under test.

Publisher and subscriber write it when LEDGER_URL is set; the lab reads it and judges. Each process
writes records (`record`) to a list of its own (`writer`), through wrappers around what it uses
anyway (`wrap`).
"""

from messaging.ledger.record import (
    Attempt,
    Began,
    Effects,
    Ended,
    Entry,
    Group,
    Outcomes,
    Received,
    Subscription,
    decode_entry,
)
from messaging.ledger.wrap import LedgerConsumer, LedgerPublisher, recorded
from messaging.ledger.writer import LedgerWriter

__all__ = [
    "Attempt",
    "Began",
    "Effects",
    "Ended",
    "Entry",
    "Group",
    "LedgerConsumer",
    "LedgerPublisher",
    "LedgerWriter",
    "Outcomes",
    "Received",
    "Subscription",
    "decode_entry",
    "recorded",
]
