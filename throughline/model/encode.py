"""Deltas in OpenAI's shapes: server-sent events for a stream, one object for an answer in one piece.

Knows OpenAI's chat completion objects. Refuses to know sockets and who said what is said.
"""

from __future__ import annotations

import json
import time
from typing import Any, assert_never
from uuid import uuid4

from throughline.model.ask import Ask
from throughline.model.deltas import Batch, CallArguments, CallStart, Delta, Finish, Guise, Misstep, Text
from throughline.model.errors import Refused

FINGERPRINT = "fp_throughline"
DONE = b"data: [DONE]\n\n"
BROKEN = b'data: {"id": "chatcmpl-broken", "choices": [{"delta": {"content": \n\n'


class HangUp(Exception):
    """The connection is to be closed here, without a farewell."""


def error_body(refused: Refused) -> dict[str, Any]:
    """Say an error as OpenAI says it."""
    kind = "server_error" if refused.status >= 500 else "invalid_request_error"
    return {"error": {"message": refused.message, "type": kind, "param": refused.param, "code": refused.code}}


class EventStream:
    """Encodes one streamed answer, in its guise where it has one."""

    def __init__(self, ask: Ask, guise: Guise | None = None) -> None:
        self._bare = guise is not None and guise.bare
        self._include_usage = ask.include_usage and not self._bare
        self._head = _head(ask, kind="chat.completion.chunk") | _in_guise(guise)
        if self._bare:
            del self._head["system_fingerprint"]
        # Text is nearly all of a stream, so its event is encoded once, around the text.
        before, after = self._event({"content": "\0"}).split(json.dumps("\0").encode())
        self._before_text, self._after_text = before, after

    def begin(self) -> bytes:
        """Open the stream as OpenAI does: the role, and no text."""
        opening = {"role": "assistant", "content": ""}
        return self._event(opening if self._bare else {**opening, "refusal": None})

    def encode(self, batch: Batch) -> bytes:
        """Encode a batch; raise `HangUp` where it says so, what stands before it is lost with the line."""
        return b"".join([self._encode(delta) for delta in batch])

    def _encode(self, delta: Delta) -> bytes:
        match delta:
            case Text(text):
                return self._before_text + json.dumps(text).encode() + self._after_text
            case CallStart():
                return self._event({"tool_calls": [_call_start(delta)]})
            case CallArguments(index, piece):
                return self._event({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
            case Finish():
                return self._end(delta)
            case Misstep():
                return _misstep(delta)
            case Guise():
                return b""
        assert_never(delta)

    def _event(self, delta: dict[str, Any], *, finish_reason: str | None = None) -> bytes:
        logprobs = {} if self._bare else {"logprobs": None}
        choice = {"index": 0, "delta": delta, **logprobs, "finish_reason": finish_reason}
        return self._line([choice], usage=None)

    def _end(self, finish: Finish) -> bytes:
        end = self._event({}, finish_reason=finish.reason)
        usage = self._line([], usage=_usage(finish)) if self._include_usage else b""
        return end + usage + DONE

    def _line(self, choices: list[dict[str, Any]], *, usage: dict[str, int] | None) -> bytes:
        extra = {"usage": usage} if self._include_usage else {}
        return b"data: " + _json({**self._head, "choices": choices, **extra}) + b"\n\n"


class WholeAnswer:
    """Gathers one answer that is given in one piece."""

    def __init__(self, ask: Ask) -> None:
        self._head = _head(ask, kind="chat.completion")
        self._texts: list[str] = []
        self._calls: list[dict[str, Any]] = []
        self._finish = Finish("stop", 0, 0)
        self._broken = False

    def add(self, batch: Batch) -> None:
        """Take a batch; raise `Refused` or `HangUp` where it says so."""
        for delta in batch:
            self._add(delta)

    def encode(self) -> bytes:
        """Give the answer."""
        body = json.dumps({**self._head, "choices": [self._choice()], "usage": _usage(self._finish)}).encode()
        return body[: len(body) // 2] if self._broken else body

    def _add(self, delta: Delta) -> None:
        match delta:
            case Text(text):
                self._texts.append(text)
            case CallStart(_, id, name):
                call = {"id": id, "type": "function", "function": {"name": name, "arguments": ""}}
                self._calls.append(call)
            case CallArguments(index, piece):
                self._calls[index]["function"]["arguments"] += piece
            case Finish():
                self._finish = delta
            case Misstep():
                self._stumble(delta)
            case Guise():
                pass  # a stream's
            case _:
                assert_never(delta)

    def _stumble(self, misstep: Misstep) -> None:
        match misstep.kind:
            case "invalid_json":
                self._broken = True
            case "error":
                raise Refused(misstep.message, status=500)
            case "hang_up":
                raise HangUp

    def _choice(self) -> dict[str, Any]:
        text = "".join(self._texts)
        message: dict[str, Any] = {"role": "assistant", "content": text or None, "refusal": None}
        if self._calls:
            message["tool_calls"] = self._calls
        else:
            message["content"] = text
        return {"index": 0, "message": message, "logprobs": None, "finish_reason": self._finish.reason}


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _head(ask: Ask, *, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{uuid4().hex[:24]}",
        "object": kind,
        "created": int(time.time()),
        "model": ask.model,
        "system_fingerprint": FINGERPRINT,
    }


def _in_guise(guise: Guise | None) -> dict[str, Any]:
    if guise is None:
        return {}
    return {"model": guise.model, **({"id": f"bare-{uuid4().hex[:24]}"} if guise.bare else {})}


def _call_start(call: CallStart) -> dict[str, Any]:
    function = {"name": call.name, "arguments": ""}
    return {"index": call.index, "id": call.id, "type": "function", "function": function}


def _usage(finish: Finish) -> dict[str, int]:
    return {
        "prompt_tokens": finish.prompt_tokens,
        "completion_tokens": finish.completion_tokens,
        "total_tokens": finish.prompt_tokens + finish.completion_tokens,
    }


def _misstep(misstep: Misstep) -> bytes:
    match misstep.kind:
        case "invalid_json":
            return BROKEN
        case "error":
            body = error_body(Refused(misstep.message, status=500))
            return b"data: " + _json(body) + b"\n\n"
        case "hang_up":
            raise HangUp
