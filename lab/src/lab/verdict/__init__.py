"""The verdict: what is on record, held against what the pattern promises. Here "lost" is decided."""
