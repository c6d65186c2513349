"""The live page: what `lab watch` shows, in a browser."""
