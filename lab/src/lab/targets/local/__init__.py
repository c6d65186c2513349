"""This machine as a place for a run: processes, servers, Sentinels."""
