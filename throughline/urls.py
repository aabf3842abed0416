"""URLs: whether they lead out of this machine, and how they may be shown. Knows nothing of what is there."""

from __future__ import annotations

from urllib.parse import urlsplit


def without_login(url: str) -> str:
    """A URL as it may be shown: without the user and the password that may stand in it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def is_loopback(base_url: str) -> bool:
    """Say whether an address is this machine's own, and spoken to in the clear."""
    parts = urlsplit(base_url)
    return parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")
