"""Files that are written whole or not at all, and standard output, where that fails.

Knows paths and temporary files; knows nothing of what is in them.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from client_demo.errors import FileUnwritable

FOR_EVERYBODY = 0o666
NAME_CHARS = 50
"""As much of a file's name as its temporary one has: with it, that is no longer than a name may be."""


def check_writable(option: str, path: Path) -> None:
    """Say before anything runs that a file cannot be written. Raises: FileUnwritable."""
    try:
        reason = _unwritable(path)
    except OSError as error:  # a name that is too long, a loop of links
        reason = _reason(error)
    if reason:
        raise FileUnwritable(option=option, path=str(path), reason=reason)


def _unwritable(path: Path) -> str:
    """Why a file cannot be written; nothing where it can."""
    if not path.parent.is_dir():
        return f"there is no directory {path.parent}"
    if path.is_dir():
        return "it is a directory"
    return "" if os.access(path if path.exists() else path.parent, os.W_OK) else "permission denied"


def write(option: str, path: Path, text: str) -> None:
    """Write a file: beside itself first, so that nobody ever sees half of it. Raises: FileUnwritable."""
    try:
        if path.exists() and not path.is_file():  # a device or a pipe cannot be put in place
            path.write_text(text, encoding="utf-8")
        else:
            _put(path.resolve(), text)
    except OSError as error:
        raise FileUnwritable(option=option, path=str(path), reason=_reason(error)) from error


@contextmanager
def to_stdout(what: str) -> Iterator[None]:
    """Have all that is written to standard output in here arrive, and say so where it cannot.

    A reader who has gone (`| head`) is no error of ours: that stays as it is. Raises: FileUnwritable.
    """
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _give_up_stdout()
        raise FileUnwritable(option=what, path="stdout", reason=_reason(error)) from error


def _give_up_stdout() -> None:
    """Let what is left in its buffer go nowhere: at its end Python would try once more, and complain."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _put(path: Path, text: str) -> None:
    """Write to a file of another name in the same directory, and give it its name when it is done."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:NAME_CHARS]}.", dir=path.parent)
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
