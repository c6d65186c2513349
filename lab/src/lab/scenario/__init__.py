"""Scenarios: what to do, as data, and what can be seen of them before anything starts."""
