"""MCP servers as something to start or to reach: how they are named, and which of ours is meant."""
