"""The runs of a comparison: what is run, by which path, where, and what came of each."""
