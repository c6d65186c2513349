"""Benchmarks: figures, not tests. `make bench-smoke` runs them."""
