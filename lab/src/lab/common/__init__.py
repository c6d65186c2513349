"""What knows nothing of messages: processes, ports, signals, words."""
