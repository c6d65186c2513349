"""Experiments with messaging patterns: workload, faults, ledger, verdict."""
