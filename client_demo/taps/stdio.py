"""A tap on a stdio server: `python -m client_demo.taps.stdio --log FILE -- COMMAND...`.

Starts the command and forwards its stdin and stdout byte for byte; stderr is its own. Each line that passes
is appended to FILE as JSON, `{"t": monotonic seconds, "direction": "to server" or "to client", "text": ...}`,
before its last byte goes on: whoever has read a message finds it in the file. Ends with the server, with its
exit code; ends the server's input with its own, and passes a wish to end on.

The standard library only, so that it starts fast. Knows pipes and lines; refuses to know what the lines say.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import NoReturn

PIECE = 1 << 16
USAGE = "usage: python -m client_demo.taps.stdio --log FILE -- COMMAND..."
NOT_FOUND = 127
LAST_WORDS_S = 2.0
"""Seconds that what a server wrote before its end may take, where a process that it left holds its stdout."""


class Log:
    """Appends lines to a file that other taps may append to as well: one write a line."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, direction: str, line: bytes) -> None:
        """Note one line, now."""
        told = {"t": time.monotonic(), "direction": direction, "text": line.decode("utf-8", "replace")}
        os.write(self._file, json.dumps(told).encode() + b"\n")


def forward(source: int, sink: int, note: Callable[[bytes], None]) -> None:
    """Pass bytes on until there are no more or nobody takes them; `note` gets each line that is complete."""
    rest: list[bytes] = []
    while piece := os.read(source, PIECE):
        *lines, last = piece.split(b"\n")
        for line in lines:
            note(b"".join([*rest, line]))
            rest.clear()
        rest.append(last)
        unsent = memoryview(piece)
        while unsent:
            unsent = unsent[os.write(sink, unsent) :]


def run(log: Log, command: list[str]) -> int:
    """Run the command between this process's stdin and stdout; return its exit code."""
    try:
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror or error}\n")
        return NOT_FOUND
    assert server.stdin is not None
    assert server.stdout is not None
    _pass_signals_on(server)
    inward, outward = server.stdin, server.stdout

    def to_server() -> None:
        with suppress(OSError):  # the server has closed its input; it will end when it likes
            forward(0, inward.fileno(), lambda line: log.write("to server", line))
        with suppress(OSError):
            inward.close()

    def to_client() -> None:
        with suppress(OSError):  # nobody reads any more: the server is told in the way that pipes tell it
            forward(outward.fileno(), 1, lambda line: log.write("to client", line))
        with suppress(OSError):
            outward.close()
            os.close(1)

    threading.Thread(target=to_server, daemon=True).start()
    reading = threading.Thread(target=to_client, daemon=True)
    reading.start()
    code = server.wait()
    reading.join(LAST_WORDS_S)
    return code


def _pass_signals_on(server: subprocess.Popen[bytes]) -> None:
    """A wish to end is the server's to grant; it may have had it already, as one of its group."""

    def pass_on(number: int, frame: FrameType | None) -> None:
        with suppress(OSError):
            server.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, pass_on)


def main(arguments: list[str]) -> NoReturn:
    """Read the command line and run."""
    match arguments:
        case ["--log", path, "--", command, *rest]:
            code = run(Log(path), [command, *rest])
        case _:
            sys.stderr.write(USAGE + "\n")
            code = 2
    os._exit(code if code >= 0 else 128 - code)  # and not by waiting for the thread that reads stdin


if __name__ == "__main__":
    main(sys.argv[1:])
