"""The publisher: a thin program over the messaging library."""
