"""Taps: what passes between client and server is read on its way, and goes on unchanged."""
