"""How the replicas of a running system share its messages, as they say themselves in /metrics."""
