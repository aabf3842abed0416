"""Between the doctor and a server: what a transport owes to whoever listens.

Knows no transport; `process.py` and `http.py` are the two that there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

Message = dict[str, Any]
END_S = 2.0
"""Seconds that a server has to end once its client has left."""


class Ears(Protocol):
    """Who listens to a wire. None of these waits."""

    def hear(self, message: Message) -> None:
        """A JSON-RPC message came."""

    def noise(self, line: str) -> None:
        """Something came that is not one."""

    def lose(self, reason: str) -> None:
        """The connection ended; nothing comes any more."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a server ended: by itself, on SIGTERM or SIGKILL; over HTTP, `code` is the status of the DELETE.

    `seconds` are from the moment that it was asked; `orphans` tells that processes of its own lived on.
    """

    how: Literal["itself", "term", "kill", "deleted", "nothing"]
    code: int | None
    seconds: float
    orphans: bool = False


class Wire(Protocol):
    """One connection to one server."""

    @property
    def transport(self) -> str:
        """`stdio` or `http`."""

    @property
    def aside(self) -> tuple[str, ...]:
        """What the server said that is no message: the last lines of stderr, the last HTTP failure."""

    @property
    def key_refused(self) -> bool:
        """Whether the server asks for a key that it was not given."""

    async def send(self, message: Message) -> None:
        """Send a message; where the server is gone, that has been told by `Ears.lose`."""

    async def send_text(self, text: str) -> None:
        """Send something that is no message, where the transport can."""

    async def end(self) -> Ending:
        """Leave as a client leaves, and say how the server took it."""
