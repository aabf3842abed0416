"""The errors of the comparison, each a sentence with its remedy.

ThroughlineError
├── UsageError                 what was asked for cannot be run as it stands
│   ├── UnknownName            a path, placement or tool of that name does not exist
│   ├── EmptyPrompt            there is nothing to ask
│   ├── FileUnwritable         a file that was asked for cannot be written
│   ├── RecordingUnreadable    a file is no recording, or a broken one
│   │   └── RecordingNewer     a later throughline has written it
│   └── PathUnsupported        this path cannot call this runnable
├── RunTimedOut                one run was not done within its limit
├── LineBroken                 a line of a recording does not say what its kind has to
└── (foreign errors)           mapped in `blame.py`

Knows sentences and exit codes; knows neither MCP nor LangChain.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from throughline.errors import EXIT_USAGE, ThroughlineError

if TYPE_CHECKING:
    from collections.abc import Sequence


class UsageError(ThroughlineError):
    """What was asked for cannot be run as it stands."""

    exit_code = EXIT_USAGE


class UnknownName(UsageError):
    """A path, placement or tool of that name does not exist; the sentence gives the nearest that does."""

    def __init__(self, *, kind: str, name: str, valid: Sequence[str]) -> None:
        self.kind = kind
        self.name = name
        self.valid = tuple(valid)
        near = get_close_matches(name.lower(), self.valid, n=1, cutoff=0.4)
        self.nearest = near[0] if near else None
        meant = f"did you mean {self.nearest!r}? " if self.nearest else ""
        super().__init__(
            f"There is no {kind} named {name!r}", remedy=f"{meant}Valid names: {', '.join(self.valid)}."
        )


class EmptyPrompt(UsageError):
    """There is nothing to ask."""

    def __init__(self) -> None:
        super().__init__(
            "The prompt is empty", remedy='give it some words, for example "What items are in the bedroom?".'
        )


class FileUnwritable(UsageError):
    """A file that was asked for cannot be written; said before anything runs."""

    def __init__(self, *, option: str, path: str, reason: str) -> None:
        self.option = option
        self.path = path
        self.reason = reason
        super().__init__(f"{option} cannot write to {path} ({reason})", remedy="name another file.")


class RecordingUnreadable(UsageError):
    """A file is no recording, or a broken one."""

    def __init__(self, *, path: str, reason: str, remedy: str = "") -> None:
        self.path = path
        self.reason = reason
        super().__init__(
            f"{'standard input' if path == '-' else path} cannot be read as a recording ({reason})",
            remedy=remedy or "name a file that `throughline compare --record FILE` has written.",
        )


class RecordingNewer(RecordingUnreadable):
    """A later throughline has written it, in a format that this one does not know."""

    def __init__(self, *, path: str, version: int) -> None:
        self.version = version
        super().__init__(
            path=path,
            reason=f"it was written by a newer throughline: recording/{version}",
            remedy="upgrade throughline.",
        )


class PathUnsupported(UsageError):
    """This path cannot call this runnable."""

    def __init__(self, *, path: str, runnable: str, reason: str, remedy: str) -> None:
        self.path = path
        self.runnable = runnable
        self.reason = reason
        super().__init__(f"The path {path!r} cannot call this {runnable} ({reason})", remedy=remedy)


class RunTimedOut(ThroughlineError):
    """One run was not done within its limit."""

    def __init__(self, *, placement: str, path: str, limit_s: float) -> None:
        self.placement = placement
        self.path = path
        self.limit_s = limit_s
        super().__init__(
            f"The run {placement} / {path} was not done within {limit_s:g} s",
            remedy="raise --timeout, or choose a faster --model.",
        )


class LineBroken(ThroughlineError):
    """A line of a recording does not say what its kind has to; `number` counts from 1."""

    exit_code = EXIT_USAGE

    def __init__(self, *, number: int) -> None:
        self.number = number
        super().__init__(f"Line {number} of the recording is broken", remedy="record once more.")
