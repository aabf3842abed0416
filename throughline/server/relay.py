"""LangChain's callbacks -> events: every run below one remote tool call, as it happened.

One handler instance listens to one call. Knows LangChain's callback vocabulary and the codec; knows no MCP,
and not who reads. It changes nothing of what passes: it is told, and tells.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, TypeVar
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk, GenerationChunk, LLMResult
from typing_extensions import override

from throughline.codec import encode, scrub, without_words
from throughline.events import Dispatched, RunEnd, RunError, RunKind, RunStart, RunStream
from throughline.server.chunks import ModelStream
from throughline.server.emitter import Emitter

T = TypeVar("T")


class Relay(BaseCallbackHandler):
    """Hears every run and says it to the emitter, in the order in which it was heard.

    `root` is the id of the tool's own run, whose children have no parent on the wire. `send_prompts` lets
    what goes into models and prompts leave the server; otherwise only its shape does.
    """

    run_inline = True

    def __init__(self, emitter: Emitter, *, root: UUID, send_prompts: bool) -> None:
        self._emitter = emitter
        self._root = root
        self._send_prompts = send_prompts
        self._started = 0
        self._numbers: dict[UUID, int] = {}
        self._streams: dict[UUID, ModelStream] = {}
        self._prompts: set[UUID] = set()
        self._tapped: set[UUID] = set()

    # --- models ---

    @override
    def on_chat_model_start(
        self,
        serialized: dict[str, Any] | None,
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        **kwargs: Any,
    ) -> None:
        self._start("chat_model", serialized, messages[0], run_id, kwargs)
        self._streams[run_id] = ModelStream(self._emitter, self._numbers[run_id])

    @override
    def on_llm_start(
        self, serialized: dict[str, Any] | None, prompts: list[str], *, run_id: UUID, **kwargs: Any
    ) -> None:
        self._start("llm", serialized, prompts[0], run_id, kwargs)
        self._streams[run_id] = ModelStream(self._emitter, self._numbers[run_id])

    @override
    async def on_llm_new_token(
        self,
        token: str | list[str | dict[str, Any]],
        *,
        chunk: GenerationChunk | ChatGenerationChunk | None = None,
        run_id: UUID,
        **kwargs: Any,
    ) -> None:
        if (stream := self._streams.get(run_id)) is not None:
            stream.chunk(token, chunk)
            await self._emitter.breathe_between_chunks()

    @override
    async def on_stream_event(self, event: Any, *, run_id: UUID, **kwargs: Any) -> None:
        if (stream := self._streams.get(run_id)) is not None:
            stream.block(event)
            await self._emitter.breathe_between_chunks()

    @override
    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        if (stream := self._streams.pop(run_id, None)) is not None:
            stream.end(response)
            self._numbers.pop(run_id)

    @override
    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self._streams.pop(run_id, None)
        self._fail(error, run_id)

    # --- everything else ---

    @override
    def on_chain_start(
        self, serialized: dict[str, Any] | None, inputs: Any, *, run_id: UUID, **kwargs: Any
    ) -> None:
        self._start("chain", serialized, inputs, run_id, kwargs)

    @override
    def on_chain_end(self, outputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self._end(outputs, run_id)

    @override
    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self._fail(error, run_id)

    @override
    def on_tool_start(
        self, serialized: dict[str, Any] | None, input_str: str, *, run_id: UUID, **kwargs: Any
    ) -> None:
        inputs = kwargs.get("inputs")
        extra = {"tool_call_id": kwargs.get("tool_call_id")}
        self._start("tool", serialized, input_str if inputs is None else inputs, run_id, kwargs, extra=extra)

    @override
    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self._end(output, run_id)

    @override
    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self._fail(error, run_id)

    @override
    def on_retriever_start(
        self, serialized: dict[str, Any] | None, query: str, *, run_id: UUID, **kwargs: Any
    ) -> None:
        self._start("retriever", serialized, query, run_id, kwargs)

    @override
    def on_retriever_end(self, documents: Sequence[Any], *, run_id: UUID, **kwargs: Any) -> None:
        self._end(list(documents), run_id)

    @override
    def on_retriever_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        self._fail(error, run_id)

    @override
    def on_custom_event(self, name: str, data: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self._emitter.put(Dispatched(self._numbers.get(run_id), name, encode(data)))

    # --- shared ---

    def _start(
        self,
        kind: RunKind,
        serialized: dict[str, Any] | None,
        inputs: Any,
        run_id: UUID,
        told: dict[str, Any],
        *,
        extra: dict[str, Any] | None = None,
    ) -> None:
        self._started += 1
        number = self._numbers[run_id] = self._started
        run_type = told.get("run_type")
        if run_type == "prompt":
            self._prompts.add(run_id)
        parent = told.get("parent_run_id")
        self._emitter.put(
            RunStart(
                run=number,
                parent=None if parent is None or parent == self._root else self._numbers.get(parent),
                kind=kind,
                name=_name(told.get("name"), serialized),
                id=str(run_id),
                run_type=run_type,
                tags=tuple(map(scrub, told.get("tags") or ())),
                metadata=encode(told.get("metadata") or {}),
                inputs=encode(
                    inputs if self._send_prompts or kind in ("tool", "retriever") else without_words(inputs)
                ),
                extra=extra or {},
            )
        )

    def _end(self, output: Any, run_id: UUID) -> None:
        if (number := self._numbers.pop(run_id, None)) is None:
            return
        if run_id in self._prompts and not self._send_prompts:
            output = without_words(output)
        self._emitter.put(RunEnd(number, encode(output), streamed=run_id in self._tapped))

    def _fail(self, error: BaseException, run_id: UUID) -> None:
        if (number := self._numbers.pop(run_id, None)) is not None:
            self._emitter.put(RunError(number, type(error).__name__, scrub(str(error))))


class StreamingRelay(Relay):
    """The same, for a caller that streams.

    Having the two methods below is what makes a handler a streaming one for LangChain: models stream because
    of it, and chains, parsers and tools pass their chunks through it.
    """

    async def tap_output_aiter(self, run_id: UUID, output: AsyncIterator[T]) -> AsyncIterator[T]:
        """What an async run streams, on its way; told once, however many handlers of this class listen."""
        first = self._taps_first(run_id)
        async for chunk in output:
            if first:
                self._value(run_id, chunk)
                await self._emitter.breathe_between_chunks()
            yield chunk

    def tap_output_iter(self, run_id: UUID, output: Iterator[T]) -> Iterator[T]:
        """The same for a sync run."""
        first = self._taps_first(run_id)
        for chunk in output:
            if first:
                self._value(run_id, chunk)
            yield chunk

    def _taps_first(self, run_id: UUID) -> bool:
        first = run_id not in self._tapped
        self._tapped.add(run_id)
        return first

    def _value(self, run_id: UUID, chunk: Any) -> None:
        if (number := self._numbers.get(run_id)) is not None:
            self._emitter.put(RunStream(number, "value", encode(chunk)))


def _name(name: str | None, serialized: dict[str, Any] | None) -> str:
    """The name that LangChain's own event stream gives a run."""
    if name is not None:
        return name
    if serialized and "name" in serialized:
        return str(serialized["name"])
    if serialized and "id" in serialized:
        return str(serialized["id"][-1])
    return "Unnamed"
