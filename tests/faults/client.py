"""A client that is there to be killed: it calls the endless tool, over stdio or at the URL that is given.

Prints the number of the server's process, and `streaming` once the first tokens have come.
"""

from __future__ import annotations

import os
import sys

import anyio
from mcp import StdioServerParameters

from throughline.client import open_session
from throughline.events import Tokens
from throughline.wire import StreamRequest


def tell(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


async def main(where: str) -> None:
    stdio = StdioServerParameters(
        command=sys.executable, args=["-m", "tests.faults.server"], env=dict(os.environ), cwd=os.getcwd()
    )
    request = StreamRequest(streaming=True)
    async with open_session(stdio if where == "stdio" else where) as remote:
        async with remote.call("pid", {}, StreamRequest()) as call:
            _ = [event async for event in call.events()]
        tell(call.result().content[0].text)
        async with remote.call("endless", {"text": "never"}, request) as call:
            async for event in call.events():
                if isinstance(event, Tokens):
                    tell("streaming")


if __name__ == "__main__":
    anyio.run(main, sys.argv[1])
