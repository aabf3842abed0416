"""The law of transparency: what of the events of a path must be equal, wherever the tool runs."""
