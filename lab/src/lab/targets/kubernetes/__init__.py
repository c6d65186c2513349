"""The target kubernetes: copies of an installed release, in a namespace of the lab's own."""
