"""Texts, whatever they say: differences, what cannot be seen, secrets, values as JSON, whole files."""
