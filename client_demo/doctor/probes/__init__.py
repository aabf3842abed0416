"""The probes: for each code, a function from the patient to a verdict."""
