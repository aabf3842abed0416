"""How much of what was written into a pipe its reader has not taken yet.

Knows Linux's pipes and local sockets, which are what hosts start servers on; of everything else nothing is
known, and it is taken for read.
"""

from __future__ import annotations

import os
import stat
import sys
from array import array


def unread_bytes(descriptor: int) -> int:
    """What the reader at the other end has left (of a socket, with the kernel's own overhead)."""
    if sys.platform != "linux":
        return 0
    import fcntl
    import termios

    left = array("i", [0])
    try:
        is_socket = stat.S_ISSOCK(os.fstat(descriptor).st_mode)
        fcntl.ioctl(descriptor, termios.TIOCOUTQ if is_socket else termios.FIONREAD, left)
    except OSError:  # closed, or something else that cannot be asked
        return 0
    return left[0]
