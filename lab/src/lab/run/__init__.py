"""A run, from the first phase to the verdict."""
