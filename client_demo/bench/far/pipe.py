"""A plain program that writes a JSON line for each token: the far end of a bare pipe.

Reads requests {"tokens": n, "flush": bool}, one a line. With `flush`, each line leaves at once, as a program
must write whose reader is to see tokens as they come; without, lines leave when the buffer is full and at the
end, which is as fast as a plain program gets. Knows the standard library.
"""

from __future__ import annotations

import json
import sys


def main() -> None:
    """Serve requests until the input ends."""
    for line in sys.stdin:
        ask = json.loads(line)
        write, flush = sys.stdout.write, sys.stdout.flush
        for number in range(ask["tokens"]):
            write(json.dumps({"token": f"t{number} "}) + "\n")
            if ask["flush"]:
                flush()
        flush()


if __name__ == "__main__":
    main()
