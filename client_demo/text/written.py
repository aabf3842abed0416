"""Files that are written whole or not at all.

Knows paths and temporary files; knows nothing of what is in them.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from client_demo.errors import FileUnwritable

FOR_EVERYBODY = 0o666


def check_writable(option: str, path: Path) -> None:
    """Say before anything runs that a file cannot be written. Raises: FileUnwritable."""
    reason = ""
    if not path.parent.is_dir():
        reason = f"there is no directory {path.parent}"
    elif path.is_dir():
        reason = "it is a directory"
    elif not os.access(path if path.exists() else path.parent, os.W_OK):
        reason = "permission denied"
    if reason:
        raise FileUnwritable(option=option, path=str(path), reason=reason)


def write(option: str, path: Path, text: str) -> None:
    """Write a file: beside itself first, so that nobody ever sees half of it. Raises: FileUnwritable."""
    try:
        if path.exists() and not path.is_file():  # a device or a pipe cannot be put in place
            path.write_text(text, encoding="utf-8")
        else:
            _put(path.resolve(), text)
    except OSError as error:
        raise FileUnwritable(option=option, path=str(path), reason=error.strerror or str(error)) from error


def _put(path: Path, text: str) -> None:
    """Write to a file of another name in the same directory, and give it its name when it is done."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(name, path.stat().st_mode if path.exists() else FOR_EVERYBODY & ~_umask())
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def _umask() -> int:
    """What the user takes from everybody; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
