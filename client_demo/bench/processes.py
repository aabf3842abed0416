"""What a process holds: memory, descriptors, processor time (Linux; elsewhere None).

Knows /proc alone.
"""

from __future__ import annotations

import os
from pathlib import Path

import anyio

REST_S = 0.5
"""A process that used no processor time for this long is at rest."""


def resident_mib(pid: int) -> float | None:
    """Resident memory, pages shared with others included."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    line = next((line for line in status.splitlines() if line.startswith("VmRSS:")), None)
    return None if line is None else int(line.split()[1]) / 1024


def open_files(pid: int) -> int | None:
    """Open file descriptors."""
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return None


def processor_ticks(pid: int) -> int | None:
    """Processor time used so far, in the system's ticks."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(words[11]) + int(words[12])


async def at_rest(pid: int, *, within_s: float = 20.0) -> None:
    """Return when the process has nothing left to do in the background, or after `within_s` seconds."""
    with anyio.move_on_after(within_s):
        before = None
        while (now := processor_ticks(pid)) is not None and now != before:
            before = now
            await anyio.sleep(REST_S)
