"""Remote runs as local ones: each event of a call, told to whoever listens in this process.

Runs in the tool's own task, where LangGraph's context lives, strictly in the order of the wire. What a run of
any kind does to the callback managers is what LangChain itself would have done. Knows events and callbacks;
no session.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, cast
from uuid import UUID

from langchain_core.callbacks import AsyncCallbackManager
from langchain_core.callbacks.manager import (
    AsyncCallbackManagerForChainRun,
    AsyncCallbackManagerForLLMRun,
    AsyncCallbackManagerForRetrieverRun,
    AsyncCallbackManagerForToolRun,
)
from langchain_core.runnables import RunnableConfig

from throughline.client.ambient import Ambient, is_tapping
from throughline.client.proxy_model import ProxyModelRun, RemoteRunError
from throughline.client.publish import publish_dispatched, publish_partial, publish_status
from throughline.codec import decode
from throughline.events import (
    Custom,
    Dispatched,
    Event,
    GraphChunk,
    Partial,
    RunEnd,
    RunError,
    RunStart,
    RunStream,
    Status,
    Tokens,
)

_Manager = (
    AsyncCallbackManagerForChainRun
    | AsyncCallbackManagerForToolRun
    | AsyncCallbackManagerForRetrieverRun
    | AsyncCallbackManagerForLLMRun
)


class Replay:
    """The runs of one remote call that are under way here."""

    def __init__(self, ambient: Ambient) -> None:
        self._ambient = ambient
        self._managers: dict[int, _Manager] = {}
        self._models: dict[int, ProxyModelRun] = {}
        self._taps: dict[int, _Tap] = {}

    async def play(self, event: Event) -> None:
        """Tell one event."""
        match event:
            case Tokens(run):
                if (model := self._models.get(run)) is not None:
                    await model.tokens(event)
            case RunStream():
                await self._stream(event)
            case RunStart():
                await self._start(event)
            case RunEnd():
                await self._end(event)
            case RunError(run, kind, message):
                await self._fail(run, RemoteRunError(kind, message))
            case Status(message, progress, total):
                await publish_status(self._ambient, message, progress, total)
            case Partial(value):
                await publish_partial(self._ambient, decode(value))
            case Custom() | GraphChunk():
                self._write(event)
            case Dispatched(parent, name, value):
                await publish_dispatched(name, decode(value), self._config(parent))

    async def abandon(self, error: BaseException) -> None:
        """The call is over and these runs are not: tell their listeners that they failed."""
        for run in reversed(list(self._managers)):
            await self._fail(run, error)

    def _write(self, event: Custom | GraphChunk) -> None:
        if isinstance(event, GraphChunk):
            self._ambient.write_graph(event.ns, event.mode, decode(event.value))
        elif event.ns:
            self._ambient.write_graph(event.ns, "custom", decode(event.value))
        else:
            self._ambient.write_custom(decode(event.value))

    def _config(self, parent: int | None) -> RunnableConfig:
        """The config of a run's body; what it dispatches is not told with the metadata of an ambient one."""
        if parent is None or parent not in self._managers:
            return self._ambient.config
        child = self._child(parent, [], {})
        return RunnableConfig(callbacks=child, tags=child.tags, metadata=self._managers[parent].metadata)

    def _child(self, parent: int | None, tags: list[str], metadata: dict[str, Any]) -> AsyncCallbackManager:
        above = self._managers.get(parent) if parent is not None else None
        if not isinstance(
            above,
            AsyncCallbackManagerForChainRun
            | AsyncCallbackManagerForToolRun
            | AsyncCallbackManagerForRetrieverRun,
        ):
            return self._ambient.manager(tags, metadata)
        child = above.get_child()
        child.add_tags([tag for tag in tags if tag not in child.tags], inherit=False)
        child.add_metadata(metadata, inherit=False)
        return child

    async def _start(self, event: RunStart) -> None:
        manager = self._child(event.parent, list(event.tags), decode(event.metadata))
        inputs, told = decode(event.inputs), {"name": event.name}
        named: dict[str, Any] = {"run_id": UUID(event.id), "name": event.name}
        run: _Manager
        match event.kind:
            case "chat_model":
                (model,) = await manager.on_chat_model_start(told, [inputs], batch_size=1, **named)
                self._models[event.run], run = ProxyModelRun(model), model
            case "llm":
                (model,) = await manager.on_llm_start(told, [inputs], batch_size=1, **named)
                self._models[event.run], run = ProxyModelRun(model), model
            case "tool":
                fields = inputs if isinstance(inputs, dict) else None
                call_id = event.extra.get("tool_call_id")
                run = await manager.on_tool_start(
                    told, str(inputs), inputs=fields, tool_call_id=call_id, **named
                )
            case "retriever":
                run = await manager.on_retriever_start(told, inputs, **named)
            case _:
                run = await manager.on_chain_start(told, inputs, run_type=event.run_type, **named)
        self._managers[event.run] = run

    async def _stream(self, event: RunStream) -> None:
        if event.form != "value":
            if (model := self._models.get(event.run)) is not None:
                await model.stream(event)
        elif (manager := self._managers.get(event.run)) is not None:
            if event.run not in self._taps:
                self._taps[event.run] = _Tap(manager)
            await self._taps[event.run].pass_on(decode(event.value))

    async def _end(self, event: RunEnd) -> None:
        await self._untap(event.run)
        manager = self._managers.pop(event.run, None)
        if (model := self._models.pop(event.run, None)) is not None:
            await model.end(event)
            return
        output = decode(event.output)
        match manager:
            case AsyncCallbackManagerForToolRun():
                await manager.on_tool_end(output)
            case AsyncCallbackManagerForRetrieverRun():
                await manager.on_retriever_end(output)
            case AsyncCallbackManagerForChainRun():
                await manager.on_chain_end(output)

    async def _fail(self, run: int, error: BaseException) -> None:
        await self._untap(run)
        manager = self._managers.pop(run, None)
        if (model := self._models.pop(run, None)) is not None:
            await model.fail(error)
            return
        match manager:
            case AsyncCallbackManagerForToolRun():
                await manager.on_tool_error(error)
            case AsyncCallbackManagerForRetrieverRun():
                await manager.on_retriever_error(error)
            case AsyncCallbackManagerForChainRun():
                await manager.on_chain_error(error)

    async def _untap(self, run: int) -> None:
        if (tap := self._taps.pop(run, None)) is not None:
            await tap.close()


class _Tap:
    """The chunks of a run, passed through the first streaming handler, as LangChain's runs pass theirs."""

    def __init__(self, manager: _Manager) -> None:
        self._chunk: Any = None
        self._tapped: AsyncGenerator[Any] | None = None
        handler = next((handler for handler in manager.handlers if is_tapping(handler)), None)
        self._source = self._chunks()
        if handler is not None:
            self._tapped = cast("AsyncGenerator[Any]", handler.tap_output_aiter(manager.run_id, self._source))

    async def pass_on(self, chunk: Any) -> None:
        self._chunk = chunk
        if self._tapped is not None:
            await anext(self._tapped)

    async def close(self) -> None:
        if self._tapped is not None and self._tapped is not self._source:
            await self._tapped.aclose()
        await self._source.aclose()

    async def _chunks(self) -> AsyncGenerator[Any]:
        while True:
            yield self._chunk
