"""What faults are made of: their seam, how they are planned, and how they find their moment."""
