"""Where in a stranger's code an error was raised: their innermost frame, by the name of its file.

Pure. Knows which code is whose by where it lies; knows nothing of what the error is about. A file is told by
its name alone: what is said here is recorded and sent to others.
"""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path

_INSTALLED = {"site-packages", "dist-packages"}
_OURS = (Path(__file__).parents[2] / name for name in ("client_demo", "mcp_server", "throughline"))
_PYTHONS = (Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib"))
_NOT_THEIRS = tuple(path.resolve() for path in (*_OURS, *_PYTHONS))


def place_of(error: BaseException) -> str:
    """`agent.py:3 in helper`; empty where none of the frames is a stranger's."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_file() and _theirs(path.resolve()):
            return f"{path.name}:{frame.lineno} in {frame.name}"
    return ""


def _theirs(path: Path) -> bool:
    return _INSTALLED.isdisjoint(path.parts) and not any(path.is_relative_to(one) for one in _NOT_THEIRS)
