"""What the services tell about themselves: names, counts, and how they are exposed."""
