"""Redis messaging patterns with guarantees that are written down, tested and measured."""

from messaging.broker import Broker, RedisBroker
from messaging.consumer import ConsumerLoop, LoopOptions, Watcher
from messaging.errors import MessagingError
from messaging.guarantee import DeliveryPromise, Guarantee, Order
from messaging.handler import Handler, each
from messaging.ids import Life
from messaging.message import Message, decode, encode
from messaging.opened import opened
from messaging.options import Options
from messaging.pattern import (
    ACK,
    Ack,
    Acknowledged,
    Backlog,
    Batch,
    Consumer,
    Dead,
    Delivery,
    Failed,
    Malformed,
    Outcome,
    Publisher,
    Retry,
    Settled,
    Settlement,
    Signals,
    Unknown,
)
from messaging.patterns import PATTERNS, PatternKind
from messaging.settings.redis import RedisSettings

__all__ = [
    "ACK",
    "PATTERNS",
    "Ack",
    "Acknowledged",
    "Backlog",
    "Batch",
    "Broker",
    "Consumer",
    "ConsumerLoop",
    "Dead",
    "Delivery",
    "DeliveryPromise",
    "Failed",
    "Guarantee",
    "Handler",
    "Life",
    "LoopOptions",
    "Malformed",
    "Message",
    "MessagingError",
    "Options",
    "Order",
    "Outcome",
    "PatternKind",
    "Publisher",
    "RedisBroker",
    "RedisSettings",
    "Retry",
    "Settled",
    "Settlement",
    "Signals",
    "Unknown",
    "Watcher",
    "decode",
    "each",
    "encode",
    "opened",
]
