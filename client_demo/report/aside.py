"""What servers write on standard error, kept out of a drawing that is drawn there.

Works on the descriptor, because other processes inherit that and nothing else. Knows no comparison.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TextIO

STDERR = 2
SHOWN_BYTES = 4000


@contextmanager
def set_aside() -> Iterator[TextIO]:
    """Yield a stream to where standard error went; all else that is written there is kept, meanwhile.

    Where the context ends with an error, the end of what was kept is written after all: it may say why.
    """
    sys.stderr.flush()
    real = os.dup(STDERR)
    failed = False
    with tempfile.TemporaryFile() as kept, os.fdopen(real, "w", encoding="utf-8", errors="replace") as stream:
        os.dup2(kept.fileno(), STDERR)
        try:
            yield stream
        except Exception:
            failed = True
            raise
        finally:
            stream.flush()
            sys.stderr.flush()
            os.dup2(real, STDERR)
            if failed:
                os.write(STDERR, _end(kept))


def _end(kept: IO[bytes]) -> bytes:
    """The last whole lines."""
    size = kept.seek(0, os.SEEK_END)
    kept.seek(max(0, size - SHOWN_BYTES))
    told = kept.read()
    return told if size <= SHOWN_BYTES else told.partition(b"\n")[2]
