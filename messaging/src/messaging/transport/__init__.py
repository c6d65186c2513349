"""One connection that never retries: topologies, errors, scripts."""
