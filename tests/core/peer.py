"""A server that speaks MCP by hand, and badly where it is told to: what no SDK would write.

Started as a process; the first argument says how it begins. Its tools say how it goes on.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
from pathlib import Path
from typing import Any

GREETING = {
    "protocolVersion": "2025-11-25",
    "capabilities": {"tools": {}},
    "serverInfo": {"name": "peer", "version": "1"},
}
cancelled: list[Any] = []


def write(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def say(**message: Any) -> None:
    write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")


def text(words: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": words}]}


def frame(token: Any, seq: int) -> None:
    events = [{"type": "tokens", "run": 1, "texts": [f"t{seq} "]}]
    meta = {"throughline/frame": {"seq": seq, "events": events}}
    params = {"progressToken": token, "progress": seq, "_meta": meta}
    say(method="notifications/progress", params=params)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def frames(request: dict[str, Any], *, count: int, dies: str = "never") -> None:
    """So many frames and the result, or an end that nobody can catch: before, between or after the frames."""
    for seq in range(1, count + 1):
        if (dies, seq) in (("before", 1), ("between", count // 2 + 1)):
            die()
        frame(request["params"]["_meta"]["progressToken"], seq)
    if dies == "after":
        die()
    say(id=request["id"], result=text("done"))


def flood(request: dict[str, Any]) -> None:
    """Frames without an end, until the input ends."""
    seq = 0
    while True:
        for _ in range(100):
            seq += 1
            frame(request["params"]["_meta"]["progressToken"], seq)
        if select.select([0], [], [], 0)[0] and not os.read(0, 1 << 16):
            sys.exit(0)


def answer(request: dict[str, Any]) -> None:
    arguments = request["params"].get("arguments") or {}
    match request["params"]["name"]:
        case "frames":
            frames(request, **arguments)
        case "flood":
            flood(request)
        case "silence":
            pass
        case "write":  # lines as they are given, in which TOKEN and ID are this call's
            for line in arguments["lines"]:
                token, number = request["params"]["_meta"]["progressToken"], str(request["id"])
                write(line.replace("TOKEN", token).replace("ID", number).encode("latin-1") + b"\n")
        case "pid":
            say(id=request["id"], result=text(str(os.getpid())))
        case "cancelled":
            say(id=request["id"], result=text(json.dumps(cancelled)))
        case "deaf":
            signal.pause()
        case name:
            say(id=request["id"], result=text(json.dumps({"name": name, "arguments": arguments})))


def hear(message: dict[str, Any], greeting: dict[str, Any]) -> None:
    match message.get("method"):
        case "initialize":
            say(id=message["id"], **greeting)
        case "tools/call":
            answer(message)
        case "ping":
            say(id=message["id"], result={})
        case "notifications/cancelled":
            cancelled.append(message["params"]["requestId"])
        case _:
            pass  # everything else is waited for in vain


def main(how: str, *more: str) -> None:
    greeting: dict[str, Any] = {"result": GREETING}
    match how:
        case "exits":
            sys.exit(3)
        case "once":  # a second start fails
            if Path(more[0]).exists():
                sys.exit(3)
            Path(more[0]).touch()
        case "garbage":
            write(b"Listening on port 80.\n{}\n[]\n\n")
        case "binary":
            write(b"\x80\x81\xff\xfe\n\xc3\x28\n" + bytes(range(256)) + b"\n")
        case "answers":  # what it answers to `initialize`
            greeting = json.loads(more[0])
    for line in sys.stdin:
        if how in ("silent", "garbage"):
            continue
        hear(json.loads(line), greeting)


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["well"]))
