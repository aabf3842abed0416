"""The commands `compare`, `diff` and `report`: from the options to the exit code."""
