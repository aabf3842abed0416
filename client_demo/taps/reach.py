"""Whether something answers at an address, without a word to it.

Knows connections, certificates and the environment's proxies; sends no request.
"""

from __future__ import annotations

import socket
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from throughline.urls import is_loopback

PATIENCE_S = 3.0
PORTS = {"http": 80, "https": 443}


def is_there(url: str) -> bool:
    """Whether a connection can be had; what only a proxy can reach is taken to be there."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    proxies = getproxies()
    proxied = (parts.scheme in proxies or "all" in proxies) and not proxy_bypass(host)
    if proxied and not is_loopback(url):
        return True
    try:
        with socket.create_connection(
            (host, parts.port or PORTS.get(parts.scheme, 0)), PATIENCE_S
        ) as connection:
            if parts.scheme == "https":
                httpx.create_ssl_context().wrap_socket(connection, server_hostname=host).close()
    except (OSError, ValueError):
        return False
    return True
