"""What can go wrong with a home's readings on their way, done on purpose to real processes: `make faults`."""
