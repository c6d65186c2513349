"""Redis messaging patterns with guarantees that are written down, tested and measured."""

from messaging.app import Application, Redis
from messaging.broker import Broker, RedisBroker, opened
from messaging.consumer import ConsumerLoop, LoopOptions, Watcher
from messaging.dead_letters import DeadLetters
from messaging.history import History, Kept
from messaging.lifecycle import run
from messaging.patterns import PATTERNS, PatternKind
from messaging.seam.delivery import Batch, Delivery, Malformed
from messaging.seam.errors import MessagingError
from messaging.seam.guarantee import DeliveryPromise, Guarantee, Order
from messaging.seam.handler import Handler, each
from messaging.seam.ids import Life
from messaging.seam.keep import Keep
from messaging.seam.message import Message, decode, encode
from messaging.seam.options import Options
from messaging.seam.outcomes import Acknowledged, Failed, Outcome, Unknown
from messaging.seam.pattern import Backlog, Consumer, Publisher, Signals
from messaging.seam.settlements import ACK, Ack, Dead, Retry, Settled, Settlement
from messaging.transport.settings import RedisSettings

__all__ = [
    "ACK",
    "PATTERNS",
    "Ack",
    "Acknowledged",
    "Application",
    "Backlog",
    "Batch",
    "Broker",
    "Consumer",
    "ConsumerLoop",
    "Dead",
    "DeadLetters",
    "Delivery",
    "DeliveryPromise",
    "Failed",
    "Guarantee",
    "Handler",
    "History",
    "Keep",
    "Kept",
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
    "Redis",
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
    "run",
]
