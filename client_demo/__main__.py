"""The command `throughline`, and `python -m client_demo`: `cli.py`, whose import may be interrupted too."""

from __future__ import annotations

import sys

from throughline.errors import EXIT_INTERRUPTED


def main() -> None:
    """Run the command."""
    try:
        from client_demo.cli import main as run
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted.\n")
        sys.exit(EXIT_INTERRUPTED)
    run()


if __name__ == "__main__":
    main()
