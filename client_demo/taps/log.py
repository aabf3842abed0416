"""The log of one tap: how a command is tapped, and what has passed since the last look.

Knows the tap's command line and its lines; refuses to know runs and what the messages mean.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from client_demo.evidence.data import Message
from client_demo.taps import stdio

PYTHON = (sys.executable, "-I", "-S")
"""Without the user's site and its packages, which the tap does not need: it starts twice as fast."""
UNREADABLE = "not MCP"
"""Where a line is no JSON object, this stands for its one field."""


class TapLog:
    """A tap's file. `t` of the messages is as the tap has it: `time.monotonic()` of this machine."""

    transport = "stdio"

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def tapped(self, command: tuple[str, ...]) -> tuple[str, ...]:
        """The command with the tap before it; one that cannot be started is left as it is, to say so."""
        if not command or shutil.which(command[0]) is None:
            return command
        return (*PYTHON, str(Path(stdio.__file__).resolve()), "--log", str(self._path), "--", *command)

    def drain(self) -> list[Message]:
        """The messages that have passed since the last time."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._read)
            new = file.read()
        whole = new[: new.rfind(b"\n") + 1]  # a line may be half written
        self._read += len(whole)
        return [message for line in whole.splitlines() for message in messages(json.loads(line))]

    def drain_types(self) -> list[tuple[float, str]]:
        """The content types of answers, which pipes have none of."""
        return []


def messages(line: Mapping[str, Any]) -> Iterator[Message]:
    """The messages of a line, `{"t": ..., "direction": ..., "text": ...}`: one, or a batch."""
    text = line["text"].strip()
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        body = {UNREADABLE: text}
    for one in body if isinstance(body, list) else [body]:
        if text:
            known = one if isinstance(one, dict) else {UNREADABLE: text}
            yield Message(t=line["t"], direction=line["direction"], body=known)
