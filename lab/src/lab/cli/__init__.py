"""The command `lab`: its verbs, and how they end."""
