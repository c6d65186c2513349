"""Every metric, span and attribute name, nowhere else is one built.

What OpenTelemetry's messaging conventions name is named as they do; what is ours stands under
`messaging.redis`. Durations are seconds, counts are messages unless the name says otherwise.
"""

from __future__ import annotations

SCOPE = "messaging"
"""What makes our spans and metrics: the instrumentation scope."""

# Attributes of the conventions.
SYSTEM = "messaging.system"
DESTINATION = "messaging.destination.name"
OPERATION = "messaging.operation.name"
OPERATION_TYPE = "messaging.operation.type"
MESSAGE_ID = "messaging.message.id"
BATCH_COUNT = "messaging.batch.message_count"
GROUP = "messaging.consumer.group.name"
CLIENT_ID = "messaging.client.id"
SERVER_ADDRESS = "server.address"
SERVER_PORT = "server.port"
ERROR_TYPE = "error.type"
SERVICE_NAME = "service.name"
SERVICE_VERSION = "service.version"
SERVICE_INSTANCE = "service.instance.id"
POD_NAME = "k8s.pod.name"  # in a resource, from the environment: the library knows nothing of Kubernetes

# Ours.
PATTERN = "messaging.redis.pattern"
DELIVERY_COUNT = "messaging.redis.delivery_count"  # which delivery of the message this is, from 1
OUTCOME = "messaging.redis.outcome"  # of a message that was not acknowledged: failed or unknown
SETTLEMENT = "messaging.redis.settlement"  # what the handler said of a message that it did not finish: retry or dead
FAILED_COUNT = "messaging.redis.failed"
UNKNOWN_COUNT = "messaging.redis.unknown"
ACKED_COUNT = "messaging.redis.acked"
RETRIED_COUNT = "messaging.redis.retried"
DEAD_COUNT = "messaging.redis.dead"
STALE_COUNT = "messaging.redis.stale"

# Values.
SYSTEM_REDIS = "redis"
OPERATION_CREATE = "create"
OPERATION_SEND = "send"
OPERATION_RECEIVE = "receive"
OPERATION_PROCESS = "process"
OPERATION_SETTLE = "settle"
ERROR_FAILED = "failed"  # it is certain that the message was not stored
ERROR_UNKNOWN = "unknown"  # the reply was lost: the message may be stored
ERROR_STALE = "stale"  # settled too late: another consumer has the message by now
ERROR_SETTLED = "settled"  # a dead letter because of what the handler said or raised
ERROR_DELIVERIES = "deliveries"  # a dead letter because it was delivered too often and never settled
ERROR_QUEUE_FULL = "queue_full"  # spans that found no room while the collector was slow or away
ERROR_EXPORT = "export_failed"  # spans that the collector did not take

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
LATENCY = "messaging.redis.latency"
CLOCK_SKEW = "messaging.redis.clock_skew.messages"
BACKLOG = "messaging.redis.backlog"
PENDING = "messaging.redis.pending"
PENDING_AGE = "messaging.redis.pending.age"
DRAIN_DURATION = "messaging.redis.drain.duration"
TELEMETRY_DROPPED = "messaging.redis.telemetry.dropped.spans"
