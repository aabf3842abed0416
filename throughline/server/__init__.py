"""The far side of the boundary: a tool body's runs and reports become frames, in order, before the result."""

from throughline.server.streamed import streamed

__all__ = ["streamed"]
