"""Every metric and attribute name, nowhere else is one built.

What OpenTelemetry's messaging conventions name is named as they do; what is ours stands under
`messaging.redis`. Durations are seconds, counts are messages unless the name says otherwise.
"""

from __future__ import annotations

# Attributes of the conventions.
SYSTEM = "messaging.system"
DESTINATION = "messaging.destination.name"
OPERATION = "messaging.operation.name"
ERROR_TYPE = "error.type"

# Ours.
PATTERN = "messaging.redis.pattern"

# Values.
SYSTEM_REDIS = "redis"
OPERATION_PUBLISH = "publish"
OPERATION_RECEIVE = "receive"
OPERATION_SETTLE = "settle"
OPERATION_PROCESS = "process"
ERROR_FAILED = "failed"
"""It is certain that the message was not stored."""
ERROR_UNKNOWN = "unknown"
"""The reply was lost: the message may be stored."""

# Metrics of the conventions.
SENT_MESSAGES = "messaging.client.sent.messages"
CONSUMED_MESSAGES = "messaging.client.consumed.messages"
OPERATION_DURATION = "messaging.client.operation.duration"
PROCESS_DURATION = "messaging.process.duration"

# Ours.
PROCESSED = "messaging.redis.processed.messages"
FAILED = "messaging.redis.failed.messages"
RETRIED = "messaging.redis.retried.messages"
DEAD_LETTERED = "messaging.redis.dead_lettered.messages"
DROPPED = "messaging.redis.dropped.messages"
STALE = "messaging.redis.stale.messages"
RECLAIMED = "messaging.redis.reclaimed.messages"
GAP = "messaging.redis.gap.messages"
TRIMMED = "messaging.redis.trimmed.messages"
RECONNECTS = "messaging.redis.reconnects"
READY = "messaging.redis.ready"
