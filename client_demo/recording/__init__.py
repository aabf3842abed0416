"""Comparisons written down while they run."""
