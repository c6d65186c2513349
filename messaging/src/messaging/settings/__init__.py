"""Settings: what the services can be told, by environment variables or mounted files."""
