"""What the server says on stderr, where hosts keep a server's log: one line a message.

Knows logging alone, and that mcp 1.30 tells of one request that does not fit in a hundred lines, and of a
prompt that it does not have with a traceback.
"""

from __future__ import annotations

import logging
import sys

FORMAT = "%(levelname)s %(name)s: %(message)s"
LINE_CHARS = 200
OURS = ("mcp_server", "throughline")
"""The loggers whose level a client may set."""


def log_to_stderr(level: str) -> None:
    """Set the root logger up, unless somebody has; at the level `debug` everything is told in full."""
    handler = logging.StreamHandler(sys.stderr)
    if level != "debug":
        handler.addFilter(in_one_line)
    logging.basicConfig(level=level.upper(), format=FORMAT, handlers=[handler])


def in_one_line(record: logging.LogRecord) -> bool:
    """Cut what a dependency says down to its first line; our own words are left alone."""
    if not record.name.startswith(OURS):
        message = record.getMessage().partition("\n")[0][:LINE_CHARS]
        if record.exc_info and (error := record.exc_info[1]) is not None:
            message = f"{message} ({error!r:.{LINE_CHARS}})".replace("\n", " ")
        record.msg, record.args, record.exc_info, record.exc_text = message, (), None, None
    return True
