"""What a tap costs: the same messages to a server that sends them back, with and without the tap.

Measures and says so; knows nothing of what the figures are compared with.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from client_demo.taps.log import TapLog

ECHO = "import os\nwhile piece := os.read(0, 65536): os.write(1, piece)"
MESSAGE = b'{"jsonrpc":"2.0","method":"notifications/progress","params":{"text":"%s"}}\n' % (b"x" * 200)
ROUNDS = 100


@dataclass(frozen=True, slots=True)
class Latency:
    """What a tap adds, typically: to a message there and back, and to the start of a server. Seconds."""

    round_trip_s: float
    start_s: float

    def sentence(self) -> str:
        """The figures in words."""
        return (
            f"MCP messages are read on their way by a tap: it adds {self.round_trip_s * 1000:.2f} ms to a "
            f"message and its answer, and {self.start_s * 1000:.0f} ms to the start of a server."
        )


def measure() -> Latency:
    """Measure here and now; takes a quarter of a second. For a thread of its own."""
    command = (sys.executable, "-I", "-S", "-c", ECHO)
    with tempfile.TemporaryDirectory() as folder:
        tapped = TapLog(Path(folder) / "latency.jsonl").tapped(command)
        plain_start, plain = _rounds(command)
        tapped_start, through = _rounds(tapped)
    return Latency(round_trip_s=max(0.0, through - plain), start_s=max(0.0, tapped_start - plain_start))


def _rounds(command: tuple[str, ...]) -> tuple[float, float]:
    """The seconds to the first answer, and those of a typical round."""
    began = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        _round(process)
        started = time.monotonic() - began
        return started, median(_round(process) for _ in range(ROUNDS))


def _round(process: subprocess.Popen[bytes]) -> float:
    assert process.stdin is not None
    assert process.stdout is not None
    sent = time.monotonic()
    process.stdin.write(MESSAGE)
    left = len(MESSAGE)
    while left and (piece := process.stdout.read(left)):
        left -= len(piece)
    return time.monotonic() - sent
