"""Text files that may be compressed: written so where their name says it, read so where their bytes do.

Knows gzip; knows nothing of what is in them.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import TextIO, cast

SUFFIX = ".gz"
MAGIC = b"\x1f\x8b"
STDIN = Path("-")
PIECE_BYTES = 1 << 20


def open_to_write(path: Path) -> TextIO:
    """Open a file for UTF-8, compressed where it is named `.gz`. Raises: OSError."""
    if path.suffix.lower() == SUFFIX:
        return cast(TextIO, gzip.open(path, "wt", encoding="utf-8"))
    return path.open("w", encoding="utf-8")


def lines_of(path: Path) -> Iterator[bytes]:
    """Read a file's lines, each with its end; of one that was cut off, those that are there.

    `-` is standard input. Raises: OSError, also where what is compressed is damaged.
    """
    with _opened(path) as file:
        if not file.peek(len(MAGIC)).startswith(MAGIC):
            yield from file
            return
        with gzip.open(file) as unpacked:
            yield from _split(unpacked)


def _opened(path: Path) -> BufferedReader:
    return open(0, "rb", closefd=False) if path == STDIN else path.open("rb")


def _split(file: gzip.GzipFile) -> Iterator[bytes]:
    rest = b""
    try:
        while piece := file.read1(PIECE_BYTES):
            *whole, rest = (rest + piece).split(b"\n")
            yield from (line + b"\n" for line in whole)
    except EOFError:  # the writer, or the copy, ended in the midst of it
        pass
    except (zlib.error, gzip.BadGzipFile) as error:
        raise OSError("it is damaged") from error
    if rest:
        yield rest
