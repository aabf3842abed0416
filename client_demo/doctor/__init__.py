"""`throughline doctor`: one server, examined over its own wire."""
