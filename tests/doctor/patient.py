"""A server that speaks MCP by hand, with the ailments that its arguments name.

One tool, `slow_steps`, which works for 0.4 s in eight steps. Each call has a thread of its own, which
writes whole lines. Ailments: see the names that `AILMENTS` is asked for.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

AILMENTS = frozenset(sys.argv[1:])
STEPS = 8
STEP_S = 0.05
GREETING = {
    "protocolVersion": "2025-11-25",
    "capabilities": {"tools": {}},
    "serverInfo": {"name": "patient", "version": "1"},
}
TOOL = {
    "name": "slow_steps",
    "description": "Works in steps and reports progress.",
    "inputSchema": {"type": "object", "properties": {"label": {"type": "string"}}},
}
ODD_TOOLS = [5, {}, {"name": 3}, {"name": "get", "inputSchema": {"properties": [], "required": "no"}}]
lock = threading.Lock()
cancelled: dict[Any, threading.Event] = {}


def line(text: str, end: str = "\n") -> None:
    with lock:
        sys.stdout.write(text + end)
        sys.stdout.flush()


def say(**message: Any) -> None:
    line(json.dumps({"jsonrpc": "2.0", **message}))


def fail(request: dict[str, Any], code: int, words: str) -> None:
    say(id=request["id"], error={"code": code, "message": words})


def progress(token: Any, value: Any) -> None:
    if "mute" not in AILMENTS:
        say(method="notifications/progress", params={"progressToken": token, "progress": value})


def work(request: dict[str, Any], stop: threading.Event) -> None:
    token = request["params"]["_meta"]["progressToken"]
    if "other token" in AILMENTS:
        token = f"my-{token}"
    for step in range(1, STEPS + 1):
        progress(token, 1 if "shrinks" in AILMENTS else float("nan") if "no number" in AILMENTS else step)
        if "prints" in AILMENTS:
            line(f"working on step {step}")
        if "ignores cancel" in AILMENTS:
            threading.Event().wait(STEP_S)
        elif stop.wait(STEP_S):
            return
    odd = {"content": 5, "_meta": 7}
    say(
        id=request["id"], result=odd if "odd" in AILMENTS else {"content": [{"type": "text", "text": "done"}]}
    )
    if "late" in AILMENTS:
        stop.wait(STEP_S)
        progress(token, STEPS + 1)


def call(request: dict[str, Any]) -> None:
    params = request["params"]
    if params["name"] != "slow_steps":
        if "crashes" in AILMENTS:
            sys.stderr.write("KeyError: no such tool\n")
            sys.stderr.flush()
            os._exit(7)
        fail(request, -32602, "Unknown tool")
    elif not isinstance(params.get("arguments", {}).get("label", ""), str):
        fail(request, -32602, "label must be a string")
    elif "hangs" not in AILMENTS:
        stop = cancelled[request["id"]] = threading.Event()
        if "blocks" in AILMENTS:
            work(request, stop)
        else:
            threading.Thread(target=work, args=(request, stop), daemon=True).start()


def take(message: dict[str, Any]) -> None:
    match message:
        case {"method": "initialize"}:
            say(id=message["id"], result={**GREETING, "serverInfo": "me"} if "odd" in AILMENTS else GREETING)
        case {"method": "ping"}:
            say(id=message["id"], result={})
        case {"method": "tools/list"}:
            say(id=message["id"], result={"tools": [*ODD_TOOLS, TOOL] if "odd" in AILMENTS else [TOOL]})
        case {"method": "tools/call"}:
            call(message)
        case {"method": "notifications/cancelled", "params": {"requestId": number}} if number in cancelled:
            if "ends at cancel" in AILMENTS:
                os._exit(1)
            cancelled[number].set()
        case {"id": _}:
            fail(message, -32601, "Method not found")


def main() -> None:
    """Serve until the input ends, or longer, or not at all."""
    if "exits" in AILMENTS:
        sys.exit("The settings are missing.")
    if "garbage" in AILMENTS:
        line("Welcome to the server!")
    for text in sys.stdin:
        if "echoes" in AILMENTS:
            line(text, "")
            continue
        if AILMENTS & {"silent", "garbage"}:
            continue
        try:
            message = json.loads(text)
        except ValueError:
            continue
        take(message)
    if "lives on" in AILMENTS:
        threading.Event().wait()
    os._exit(0)  # its threads may be writing


if __name__ == "__main__":
    main()
