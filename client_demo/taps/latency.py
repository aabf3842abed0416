"""What the taps cost: the same messages, calls and tokens, with and without the tap that stands before them.

Measures here and now and says so; knows nothing of what the figures are compared with.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal

from client_demo.taps.log import TapLog
from client_demo.taps.loopback_latency import answers, tokens

Crossing = Literal["stdio", "http", "provider"]
"""What a tap may stand before: a server's pipes, its URL, or the provider of a model."""

STDIO: tuple[Crossing, ...] = ("stdio",)
ECHO = "import os\nwhile piece := os.read(0, 65536): os.write(1, piece)"
MESSAGE = b'{"jsonrpc":"2.0","method":"notifications/progress","params":{"text":"%s"}}\n' % (b"x" * 200)
ROUNDS = 100


@dataclass(frozen=True, slots=True)
class Latency:
    """What the taps add, typically, in seconds; None where there is no such tap.

    To a message there and back and to the start of a server (stdio), to a message there and back (HTTP), to
    the first token of a provider's answer, and to each chunk that follows it.
    """

    round_trip_s: float | None = None
    start_s: float | None = None
    http_s: float | None = None
    first_token_s: float | None = None
    chunk_s: float | None = None

    def sentence(self) -> str:
        """The figures in words."""
        parts = {
            "a message and its answer": self.round_trip_s,
            "the start of a server": self.start_s,
            "a message and its answer over HTTP": self.http_s,
            "the first token of a provider call": self.first_token_s,
            "each chunk of one": self.chunk_s,
        }
        told = [f"{_figure(seconds)} to {what}" for what, seconds in parts.items() if seconds is not None]
        subjects = (
            *(("MCP messages",) if self.round_trip_s is not None or self.http_s is not None else ()),
            *(("provider calls",) if self.chunk_s is not None else ()),
        )
        subject = " and ".join(subjects)
        return f"{subject[:1].upper()}{subject[1:]} are read on their way by a tap: it adds {_list(told)}."


def measure(crossings: Collection[Crossing] = STDIO) -> Latency:
    """Measure here and now; takes half a second at most. For a thread of its own."""
    round_trip_s, start_s = _pipes() if "stdio" in crossings else (None, None)
    http_s = asyncio.run(answers()) if "http" in crossings else None
    first_token_s, chunk_s = asyncio.run(tokens()) if "provider" in crossings else (None, None)
    return Latency(round_trip_s, start_s, http_s, first_token_s, chunk_s)


def _pipes() -> tuple[float, float]:
    """What is added to a round, and to the start."""
    command = (sys.executable, "-I", "-S", "-c", ECHO)
    with tempfile.TemporaryDirectory() as folder:
        tapped = TapLog(Path(folder) / "latency.jsonl").tapped(command)
        plain_start, plain = _rounds(command)
        tapped_start, through = _rounds(tapped)
    return max(0.0, through - plain), max(0.0, tapped_start - plain_start)


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


def _figure(seconds: float) -> str:
    ms = seconds * 1000
    return f"{ms:.0f} ms" if ms >= 10 else f"{ms:.2f} ms"


def _list(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
