"""The near side: an agent, the paths that call it, and what each path saw."""
