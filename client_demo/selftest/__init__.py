"""The diagnosis tried on itself: every fault that can be made on purpose must be named, and nothing else."""
