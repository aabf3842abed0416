"""The scripted model in a process of its own, as a provider is, and what it noticed of its last reader.

Prints its settings; then answers each line of its input with the latest request of a tool: `now` as it
stands, `ended` as soon as nothing more happens with it. Knows the endpoint's records.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

import anyio
import anyio.to_thread

from throughline.model import open_model
from throughline.model.records import RequestRecord


async def main() -> None:
    """Serve until the input ends."""
    async with open_model("scripted?pace_ms=0", env={}) as model:
        _say(asdict(model.settings))
        while command := (await anyio.to_thread.run_sync(sys.stdin.readline)).strip():
            if command == "ended":
                records = await model.endpoint.wait_for(lambda records: _of_tool(records).ended_s is not None)
            else:
                records = model.endpoint.requests
            _say(_told(_of_tool(records)))


def _of_tool(records: tuple[RequestRecord, ...]) -> RequestRecord:
    return next(record for record in reversed(records) if record.who == "tool")


def _told(record: RequestRecord) -> dict[str, Any]:
    names = ("first_byte_s", "ended_s", "tokens", "reader_left")
    return {name: getattr(record, name) for name in names}


def _say(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    anyio.run(main)
