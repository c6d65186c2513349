"""`lab compare`: the same scenarios for each pattern, and the table of what came out."""
