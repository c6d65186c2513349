"""`lab demo`: five patterns side by side, on real processes, in half a minute."""
