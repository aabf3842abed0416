"""The taps of a comparison: one before the server of each placement, and what has passed through each.

Knows which kind of tap a server needs, and that a server that is not there is left to say so itself. Refuses
to know runs.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Protocol

from client_demo.evidence.data import Message
from client_demo.servers.target import Target
from client_demo.taps.http import HttpTap
from client_demo.taps.log import TapLog
from client_demo.taps.reach import is_there


class Log(Protocol):
    """What has passed through one tap. Times are `time.monotonic()`."""

    transport: str

    def drain(self) -> list[Message]:
        """The messages that have passed since the last time."""

    def drain_types(self) -> list[tuple[float, str]]:
        """The content types of answers to calls since the last time."""


class Taps:
    """All taps, by placement. They stop with `close`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pipes: dict[str, TapLog] = {}
        self._https: dict[tuple[str, str], HttpTap] = {}

    def tapped(self, placement: str, target: Target) -> Target:
        """A placement's server, with a tap before it."""
        if target.url:
            return self._before_url(placement, target)
        tap = self._pipes.setdefault(placement, TapLog(self._folder / f"{placement}.jsonl"))
        return replace(target, command=tap.tapped(target.command))

    def logs(self, placement: str) -> list[Log]:
        """What is to be drained for a placement."""
        https: list[Log] = [tap.log for (name, _), tap in self._https.items() if name == placement]
        return [*https, self._pipes[placement]] if placement in self._pipes else https

    def placements(self) -> set[str]:
        """Where there are taps."""
        return {*self._pipes, *(name for name, _ in self._https)}

    def close(self) -> None:
        """End what has threads; what has passed can still be drained."""
        for tap in self._https.values():
            tap.stop()

    def _before_url(self, placement: str, target: Target) -> Target:
        key = placement, target.url
        if key not in self._https:
            if not is_there(target.url):
                return target
            self._https[key] = HttpTap(target.url)
        return replace(target, url=self._https[key].url)
