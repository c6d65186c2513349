"""One message's history, dead letters and traces."""
