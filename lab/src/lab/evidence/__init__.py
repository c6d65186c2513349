"""What is on record: the ledger, and what is left in Redis."""
