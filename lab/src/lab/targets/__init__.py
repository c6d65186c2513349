"""Places where the services run: one file each, all of them a `lab.place.target.Target`."""
