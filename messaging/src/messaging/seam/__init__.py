"""The words that patterns, services, telemetry and the lab share. No server is known here."""
