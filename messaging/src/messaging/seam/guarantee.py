"""What a pattern promises, as a value: contract tests, the lab's verdict and the docs' table read it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class DeliveryPromise(StrEnum):
    """How often an acknowledged message reaches a handler."""

    AT_MOST_ONCE = "at most once"
    AT_LEAST_ONCE = "at least once"


class Order(StrEnum):
    """What order a consumer sees."""

    PER_SENDER = "each subscriber sees a sender's messages in order"
    TAKEN_IN_ORDER = "taken in order; consumers side by side finish in any order"
    TAKEN_IN_ORDER_UNLESS_RETRIED = "taken in order, redelivered messages later"


@dataclass(frozen=True, slots=True)
class Guarantee:
    """What a pattern promises; contract tests, the verdict and the docs' table read it.

    Attributes:
        fan_out: every consumer gets every message (True), or one consumer gets each (False).
        persistent: a message waits in Redis for a consumer that is not there yet.
        delivery: how often an acknowledged message reaches a handler.
        order: what order a consumer sees.
        acknowledged_by: what the publisher's acknowledgement stands for.
        resumes: a consumer that restarts under its name is given at once what it had not settled.
    """

    fan_out: bool
    persistent: bool
    delivery: DeliveryPromise
    order: Order
    acknowledged_by: Literal["receivers", "length", "entry id"]
    resumes: bool = False

    @property
    def redelivers(self) -> bool:
        """Whether what was not settled is delivered again."""
        return self.delivery is DeliveryPromise.AT_LEAST_ONCE
