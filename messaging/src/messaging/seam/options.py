"""What a publisher or a consumer of one destination needs to know, apart from where the server is."""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass, field

from messaging.seam.keep import NOTHING, Keep
from messaging.seam.keys import GROUP
from messaging.seam.message import MESSAGE_BYTES


def consumer_name() -> str:
    """Return a consumer's name: the pod's, which stays when its container restarts.

    Outside Kubernetes: host, process and a random part.
    """
    host = socket.gethostname()
    if "KUBERNETES_SERVICE_HOST" in os.environ:
        return host
    return f"{host}-{os.getpid()}-{secrets.token_hex(3)}"


@dataclass(frozen=True, slots=True)
class Options:
    """Durations are seconds, sizes bytes.

    Attributes:
        destination: channel, list or stream; "" takes the pattern's own name.
        group: the consumer group of a stream.
        keep: what a stream keeps of acknowledged messages; the same for all who use it, publishers too.
        consumer: this consumer's name.
        block: how long an empty receive waits.
        lease: how long what was received and not settled stays ours without a renewal.
        batch_bytes: the most a batch holds (one message may be larger).
        message_bytes: the largest message accepted.
        max_deliveries: how often a message is delivered before it is a dead letter.
        retry_delay: how long a message waits before its second delivery; doubled each time.
        retry_delay_max: the longest such wait.
        max_length: how many messages a list or stream may hold before publishing fails, a kept history apart; 0: any.
        wait_replicas: how many replicas must have a publish before it is acknowledged (WAIT).
        wait_fsync: also wait for the primary's append-only file (WAITAOF).
        wait_timeout: how long to wait for them.
        timeout: how long one answer of the server may take.
        connect_timeout: how long connecting may take.
    """

    destination: str = ""
    group: str = GROUP
    keep: Keep = NOTHING
    consumer: str = field(default_factory=consumer_name)
    block: float = 2.0
    lease: float = 30.0
    batch_bytes: int = 4 * 1024 * 1024
    message_bytes: int = MESSAGE_BYTES
    max_deliveries: int = 5
    retry_delay: float = 1.0
    retry_delay_max: float = 60.0
    max_length: int = 1_000_000
    wait_replicas: int = 0
    wait_fsync: bool = False
    wait_timeout: float = 1.0
    timeout: float = 5.0
    connect_timeout: float = 5.0

    def retry_delay_after(self, count: int) -> float:
        """Return how long a message waits after its delivery number `count`, in seconds."""
        return min(self.retry_delay * 2.0 ** min(count - 1, 32), self.retry_delay_max)
