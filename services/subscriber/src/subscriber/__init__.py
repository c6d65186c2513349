"""The subscriber: a thin program over the messaging library."""
