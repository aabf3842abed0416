"""Faults on purpose: each misbehaves in the one way that its sentence says, to try who finds faults."""

from mcp_server.quirks.bodies import quirky
from mcp_server.quirks.catalog import OVER_HTTP, QUIRKS, read_quirks
from mcp_server.quirks.wire import Wire

__all__ = ["OVER_HTTP", "QUIRKS", "Wire", "quirky", "read_quirks"]
