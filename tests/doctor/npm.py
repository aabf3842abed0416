"""A public server from npm, installed once into the user's cache. Where it cannot be had, tests say why."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

PACKAGE = "@modelcontextprotocol/server-everything"
INSTALL_S = 90


@cache
def installed() -> tuple[str, ...] | str:
    """The server's command, or why it cannot be had."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return "npm is not installed"
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "throughline" / "npm"
    script = home / "node_modules" / PACKAGE / "dist" / "index.js"
    if not script.is_file():
        home.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(home), PACKAGE]
        try:
            done = subprocess.run(
                command, cwd=home, capture_output=True, text=True, timeout=INSTALL_S, check=False
            )
        except subprocess.TimeoutExpired:
            return f"npm did not install {PACKAGE} in {INSTALL_S} s"
        if done.returncode:
            return f"npm cannot install {PACKAGE}: {done.stderr.strip()[-200:]}"
    return node, str(script), "stdio"


def everything() -> tuple[str, ...]:
    """The command of server-everything; skips the test where there is none."""
    found = installed()
    if isinstance(found, str):
        pytest.skip(found)
    return found
