"""What one model run streams -> events, compact: chunks that repeat a pattern travel as bare texts.

Most chunks of a model differ in their text alone. The first of a kind travels whole and becomes the pattern;
those like it follow as tokens. Knows LangChain's chunks and content-block events; knows no run but its own.
"""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, GenerationChunk, LLMResult

from throughline.codec import encode, scrub
from throughline.events import RunEnd, RunStream
from throughline.server.emitter import Emitter

_EMPTY = ("tool_call_chunks", "usage_metadata", "additional_kwargs", "chunk_position", "name")


class ModelStream:
    """The chunks of one model run, from the first to the end."""

    def __init__(self, emitter: Emitter, run: int) -> None:
        self._emitter = emitter
        self._run = run
        self._pattern: Any = None
        self._texts: list[str] = []
        self._half = ""
        self._streamed = False

    def chunk(
        self, token: str | list[str | dict[str, Any]], chunk: GenerationChunk | ChatGenerationChunk | None
    ) -> None:
        """A token of the v1 way: a message chunk, a generation chunk, or only its text."""
        self._streamed = True
        if isinstance(chunk, ChatGenerationChunk):
            self._message(chunk)
        else:
            self._emitter.put(
                RunStream(self._run, "text", self._whole(token if isinstance(token, str) else ""))
            )

    def block(self, event: dict[str, Any]) -> None:
        """A content-block event of the v3 way."""
        self._streamed = True
        delta = event.get("delta") or {}
        if event.get("event") != "content-block-delta" or delta.get("type") != "text-delta":
            self._emitter.put(RunStream(self._run, "block", encode(event)))
            return
        text = self._whole(delta.get("text", ""))
        key = (
            event.get("index"),
            *(item for item in event.items() if item[0] not in ("delta", "index", "event")),
        )
        if key == self._pattern:
            self._emitter.text(self._run, text)
        else:
            self._pattern = key
            value = encode({**event, "delta": {**delta, "text": text}})
            self._emitter.put(RunStream(self._run, "block", value, pattern=True))

    def end(self, response: LLMResult) -> None:
        """The run is done; its text is left out where its tokens add up to it."""
        if self._half:
            self._emitter.text(self._run, "\ufffd")
        generations = [list(options) for options in response.generations]
        joined = bool(self._texts) and _text_of(generations) == "".join(self._texts) + (
            "\ufffd" if self._half else ""
        )
        output = {"generations": encode(generations), "llm_output": encode(response.llm_output)}
        if joined:
            output["generations"][0][0]["fields"].pop("text", None)
            output["generations"][0][0]["fields"]["message"]["fields"]["content"] = ""
        self._emitter.put(RunEnd(self._run, output, joined=joined, streamed=self._streamed))

    def _message(self, chunk: ChatGenerationChunk) -> None:
        message = chunk.message
        if not isinstance(message.content, str):
            self._emitter.put(RunStream(self._run, "message", encode_chunk(chunk)))
            return
        text = self._whole(message.content)
        self._texts.append(text)
        if self._pattern is not None and self._like_pattern(chunk):
            self._emitter.text(self._run, text)
            return
        pattern = type(message) is AIMessageChunk and not any(getattr(message, name) for name in _EMPTY)
        if pattern:
            self._pattern = (message.response_metadata, message.id, chunk.generation_info)
        value = encode_chunk(chunk)
        value["content"] = text
        self._emitter.put(RunStream(self._run, "message", value, pattern=pattern))

    def _like_pattern(self, chunk: ChatGenerationChunk) -> bool:
        message = chunk.message
        return (
            type(message) is AIMessageChunk
            and (message.response_metadata, message.id, chunk.generation_info) == self._pattern
            and not (
                message.tool_call_chunks
                or message.usage_metadata
                or message.additional_kwargs
                or message.chunk_position
                or message.name
            )
        )

    def _whole(self, text: str) -> str:
        """The text with a surrogate pair that was split between two tokens put into the second."""
        if not self._half and text.isascii():
            return text
        text, self._half = self._half + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return scrub(text)


def encode_chunk(chunk: ChatGenerationChunk) -> dict[str, Any]:
    """A message chunk as it goes over the wire: `content` first, then class, fields and generation info."""
    message = encode(chunk.message)
    fields = {key: value for key, value in message["fields"].items() if key != "content"}
    kind = type(chunk.message).__name__
    content = encode(chunk.message.content)
    return {"content": content, "class": kind, "fields": fields, "info": encode(chunk.generation_info)}


def _text_of(generations: list[list[Any]]) -> str | None:
    """The text of the only message of a response, or None where there is none or more than text."""
    if len(generations) != 1 or len(generations[0]) != 1 or not isinstance(generations[0][0], ChatGeneration):
        return None
    content = generations[0][0].message.content
    return scrub(str(content)) if isinstance(content, str) else None
