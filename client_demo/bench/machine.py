"""The machine that numbers were taken on, described so that they can be compared or not.

Knows /proc and the standard library; names no host, no user and no path.
"""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = (
    "mcp",
    "langchain-mcp-adapters",
    "langchain",
    "langchain-core",
    "langchain-openai",
    "langgraph",
    "anyio",
    "pydantic",
)


def describe_machine() -> dict[str, Any]:
    """Processor, cores, memory, system, Python, versions, and how busy it is."""
    from throughline import __version__

    return {
        "cpu": _processor(),
        "cores": _cores(),
        "memory_gib": _memory_gib(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "versions": {"throughline": __version__} | {name: _version(name) for name in PACKAGES},
        "load": load(),
    }


def load() -> list[float] | None:
    """The load averages of the last 1, 5 and 15 minutes, where the system tells."""
    try:
        return [round(one, 2) for one in os.getloadavg()]
    except (AttributeError, OSError):
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or "unknown")


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, OSError, ValueError):
        return None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
