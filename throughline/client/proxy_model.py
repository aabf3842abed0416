"""A remote model run as a local one: the callbacks that a chat model in this process would have made.

Fed in the order of the wire, one event after the other, so that nothing overtakes. Knows LangChain's run
managers and chunks; knows no wire and no session.
"""

from __future__ import annotations

from typing import Any, TypeVar

from langchain_core.callbacks.manager import AsyncCallbackManagerForLLMRun
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk, GenerationChunk, LLMResult
from pydantic import BaseModel

from throughline.codec import KIND, decode
from throughline.errors import SAME_RELEASE, WireError
from throughline.events import RunEnd, RunStream, Tokens

M = TypeVar("M", bound=BaseModel)


class RemoteRunError(Exception):
    """A run on the server failed; `type_name` is the class of the exception that it failed with."""

    def __init__(self, type_name: str, message: str) -> None:
        self.type_name = type_name
        super().__init__(f"{type_name}: {message}" if message else type_name)


class ProxyModelRun:
    """One model run on the server, told to the handlers of this process."""

    def __init__(self, manager: AsyncCallbackManagerForLLMRun) -> None:
        self._manager = manager
        self._pattern: ChatGenerationChunk | None = None
        self._block: dict[str, Any] | None = None
        self._texts: list[str] = []

    async def stream(self, event: RunStream) -> None:
        """A chunk that travelled whole."""
        match event.form:
            case "block":
                self._block = event.value if event.pattern else self._block
                await self._manager.on_stream_event(decode(event.value))
            case "text":
                await self._manager.on_llm_new_token(event.value, chunk=GenerationChunk(text=event.value))
            case _:
                await self._message(event)

    async def tokens(self, event: Tokens) -> None:
        """Chunks like the pattern, with other texts."""
        if self._block is not None:
            for text in event.texts:
                delta = {**self._block["delta"], "text": text}
                await self._manager.on_stream_event({**self._block, "delta": delta})  # type: ignore[arg-type]
            return
        self._texts.extend(event.texts)
        for text in event.texts:
            chunk = self._chunk_like_pattern(text)
            await self._manager.on_llm_new_token(text, chunk=chunk)

    async def end(self, event: RunEnd) -> None:
        """The run is done; a text that was left out is what its tokens add up to."""
        try:
            response = self._response(event.output, joined=event.joined)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise WireError("The end of a model's run is malformed", remedy=SAME_RELEASE) from error
        await self._manager.on_llm_end(response)

    async def fail(self, error: BaseException) -> None:
        """The run failed, or the call ended before the run did."""
        await self._manager.on_llm_error(error, response=LLMResult(generations=[]))

    def _response(self, output: Any, *, joined: bool) -> LLMResult:
        if joined:
            generation = output["generations"][0][0]["fields"]
            generation["message"]["fields"]["content"] = "".join(self._texts)
        return LLMResult(generations=decode(output["generations"]), llm_output=decode(output["llm_output"]))

    async def _message(self, event: RunStream) -> None:
        value = event.value
        message = decode({KIND: value["class"], "fields": {**value["fields"], "content": value["content"]}})
        chunk = ChatGenerationChunk(message=message, generation_info=decode(value["info"]))
        if event.pattern:
            self._pattern = chunk
        if isinstance(message.content, str):
            self._texts.append(message.content)
        await self._manager.on_llm_new_token(chunk.text, chunk=chunk)

    def _chunk_like_pattern(self, text: str) -> ChatGenerationChunk:
        if self._pattern is None:
            return ChatGenerationChunk(message=AIMessageChunk(content=text))
        message = _like(self._pattern.message, content=text)
        return _like(self._pattern, message=message, text=text)


def _like(model: M, **values: Any) -> M:
    """A copy with other values, at a tenth of what pydantic's own costs; nothing needs validating again."""
    copy = model.__class__.__new__(model.__class__)
    object.__setattr__(copy, "__dict__", {**model.__dict__, **values})
    object.__setattr__(copy, "__pydantic_fields_set__", model.model_fields_set | values.keys())
    object.__setattr__(copy, "__pydantic_extra__", model.__pydantic_extra__)
    object.__setattr__(copy, "__pydantic_private__", None)
    return copy
