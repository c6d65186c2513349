"""Where a run takes place: the seams between a run and its servers and services."""
