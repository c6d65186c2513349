"""What both services do around their work."""
