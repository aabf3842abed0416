"""The errors of throughline, each a sentence with its remedy.

ThroughlineError
├── WireError                  the other side broke the contract
│   ├── UnsupportedVersion     it speaks a version of the contract that this side does not know
│   ├── FrameLost              frames are missing, repeated or out of order
│   ├── LedgerMismatch         what arrived is not what was sent
│   └── ProgressSuppressed     frames were sent and none arrived: the way between cannot carry progress
├── RemoteError                the other side failed
│   ├── RemoteToolError        the tool raised; the message is its own
│   ├── RequestRefused         the server's HTTP did not take the request
│   ├── ConnectionLost         the connection ended with the call in flight
│   └── ServerUnavailable      the server could not be started or reached
└── DeadlineExceeded           a limit of ours ran out (idle or absolute)

Knows exit codes and sentences; knows neither MCP nor LangChain.
"""

from __future__ import annotations

from typing import Literal

EXIT_OK = 0
EXIT_DIFFERENCE = 1
EXIT_USAGE = 2
EXIT_AUTH = 3
EXIT_UNREACHABLE = 4
EXIT_TOOL = 5
EXIT_INTERRUPTED = 130

SAME_RELEASE = "install the same release of throughline on both sides."


class ThroughlineError(Exception):
    """A failure that is told in one sentence, with what to do about it.

    `exit_code` is what a command line ends with; `remedy` is the part of the sentence that says what to do.
    """

    exit_code: int = EXIT_TOOL

    def __init__(self, sentence: str, *, remedy: str) -> None:
        self.remedy = remedy
        super().__init__(f"{sentence.rstrip('.')}: {remedy}" if remedy else sentence)


class WireError(ThroughlineError):
    """The other side broke the contract of the wire."""


class UnsupportedVersion(WireError):
    """The peer asks for a version of the contract that this side does not speak."""

    def __init__(self, *, asked: object, spoken: int) -> None:
        self.asked = asked
        self.spoken = spoken
        super().__init__(
            f"The peer speaks version {asked!r} of throughline's wire contract "
            f"and this side version {spoken}",
            remedy=SAME_RELEASE,
        )


class FrameLost(WireError):
    """A frame did not arrive where its number says it should have."""

    def __init__(self, *, expected_seq: int, got_seq: int) -> None:
        self.expected_seq = expected_seq
        self.got_seq = got_seq
        kind = "was repeated or came late" if got_seq < expected_seq else "is missing"
        super().__init__(
            f"Frame {min(expected_seq, got_seq)} {kind} (expected {expected_seq}, got {got_seq})",
            remedy="look for a proxy between client and server that drops or reorders notifications.",
        )


class LedgerMismatch(WireError):
    """What the server counted out is not what the client counted in."""

    def __init__(self, *, sent: str, received: str) -> None:
        self.sent = sent
        self.received = received
        super().__init__(
            f"The server sent {sent} and {received} arrived",
            remedy="look for a proxy between client and server that drops or changes notifications.",
        )


class ProgressSuppressed(WireError):
    """The server sent frames and not one arrived."""

    def __init__(self, *, tool: str, frames: int) -> None:
        self.tool = tool
        self.frames = frames
        super().__init__(
            f"The server sent {frames} frames for {tool!r} and none arrived: progress cannot travel this way",
            remedy="turn `json_response` off on the server, or look for a proxy that drops notifications.",
        )


class RemoteError(ThroughlineError):
    """The other side failed."""


class RemoteToolError(RemoteError):
    """The remote tool raised; the message is the tool's own."""

    def __init__(self, *, tool: str, message: str) -> None:
        self.tool = tool
        self.message = message
        super().__init__(message, remedy="")


class ConnectionLost(RemoteError):
    """The connection ended while a call was in flight."""

    exit_code = EXIT_UNREACHABLE

    def __init__(self, *, tool: str, tokens: int) -> None:
        self.tool = tool
        self.tokens = tokens
        super().__init__(
            f"The MCP server went away during the call of {tool!r}, after {tokens} tokens",
            remedy="see the server's stderr; the next call starts a new session.",
        )


class RequestRefused(RemoteError):
    """The server answered a call with an HTTP error; `status` is its number."""

    def __init__(self, *, tool: str, status: int, reason: str) -> None:
        self.tool = tool
        self.status = status
        self.reason = reason
        self.exit_code = EXIT_AUTH if status in (401, 403) else EXIT_TOOL
        super().__init__(
            f"The MCP server refused the call of {tool!r} (HTTP {status}: {reason})",
            remedy=_REFUSALS.get(status, "see the server's log."),
        )


_REFUSALS = {
    401: "check the credentials that the server was given.",
    403: "check the credentials that the server was given.",
    413: "send less, or raise `max_request_body_size` where the server is built.",
    503: "try again later.",
}


class ServerUnavailable(RemoteError):
    """The MCP server could not be started, reached or initialized."""

    exit_code = EXIT_UNREACHABLE

    def __init__(self, *, server: str, reason: str) -> None:
        self.server = server
        self.reason = reason
        super().__init__(
            f"The MCP server {server!r} is not available ({reason})",
            remedy="run its command by hand and read what it prints on stderr.",
        )


class DeadlineExceeded(ThroughlineError):
    """A call ran into its idle or its absolute limit."""

    def __init__(self, *, tool: str, kind: Literal["idle", "absolute"], limit_s: float, tokens: int) -> None:
        self.tool = tool
        self.kind = kind
        self.limit_s = limit_s
        self.tokens = tokens
        what = "sent nothing for" if kind == "idle" else "was not done within"
        super().__init__(
            f"The tool {tool!r} {what} {limit_s:g} s ({kind} limit), {tokens} tokens had arrived",
            remedy=f"raise the {kind} limit if the tool is meant to take longer.",
        )
