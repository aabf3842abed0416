"""A server over stdio that has something to say when its session is closed."""

from __future__ import annotations

import json
import sys
from typing import Any

ANSWERS: dict[str, dict[str, Any]] = {
    "initialize": {
        "protocolVersion": "2025-06-18",
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "talker", "version": "1"},
    },
    "tools/list": {"tools": [{"name": "talk", "inputSchema": {"type": "object"}}]},
}


def main() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        if "id" in asked:
            tell({"id": asked["id"], "result": ANSWERS[asked["method"]]})
    for _ in range(3):
        tell({"method": "notifications/message", "params": {"level": "info", "data": "One more thing."}})


def tell(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
