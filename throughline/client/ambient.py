"""What surrounds a tool call on the client: who listens, and where in a graph it is made.

Asked of the ambient LangChain config, which is there in every graph, chain and direct call; a `ToolRuntime`
exists only where a ToolNode calls. All of LangGraph's and LangChain's private names that the client side
needs stand here; `tests/test_private_names.py` fails when one moves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeGuard

from langchain_core.callbacks import AsyncCallbackManager, BaseCallbackHandler, BaseCallbackManager
from langchain_core.runnables import RunnableConfig, ensure_config
from langchain_core.tracers._streaming import _StreamingCallbackHandler, _V2StreamingCallbackHandler
from langgraph._internal._constants import (
    CONF,
    CONFIG_KEY_CHECKPOINT_NS,
    CONFIG_KEY_RUNTIME,
    CONFIG_KEY_STREAM,
    CONFIG_KEY_TASK_ID,
)
from langgraph.pregel._messages import StreamMessagesHandler
from langgraph.pregel._tools import StreamToolCallHandler, _tool_call_writer

from throughline.wire import GraphContext, StreamRequest

Write = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Ambient:
    """The config that a tool body would run under in-process, and the id of the tool call if one is known."""

    config: RunnableConfig
    tool_call_id: str | None

    @classmethod
    def capture(cls, tool_call_id: str | None) -> Ambient:
        """What surrounds the caller of this function."""
        return cls(ensure_config(), tool_call_id)

    def request(self) -> StreamRequest:
        """What to ask of the server, so that it does what it would have done in-process."""
        handlers = self.handlers()
        streaming = [handler for handler in handlers if is_streaming(handler)]
        return StreamRequest(
            streaming=bool(streaming),
            blocks=any(isinstance(handler, _V2StreamingCallbackHandler) for handler in handlers),
            events=any(
                not isinstance(handler, StreamMessagesHandler | StreamToolCallHandler)
                for handler in streaming
            ),
            graph=self._graph(),
        )

    def handlers(self) -> list[BaseCallbackHandler]:
        """Who hears of runs below this call."""
        callbacks = self.config.get("callbacks")
        if isinstance(callbacks, BaseCallbackManager):
            return callbacks.handlers
        return list(callbacks or [])

    def manager(self, tags: list[str], metadata: dict[str, Any]) -> AsyncCallbackManager:
        """The manager of a run directly below the tool."""
        return AsyncCallbackManager.configure(
            self.config.get("callbacks"),
            inheritable_tags=self.config.get("tags"),
            local_tags=tags,
            inheritable_metadata=self.config.get("metadata"),
            local_metadata=metadata,
        )

    def write_custom(self, value: Any) -> None:
        """Write to the `custom` stream, where there is a graph that has one."""
        runtime = self.config.get(CONF, {}).get(CONFIG_KEY_RUNTIME)
        if runtime is not None and CONFIG_KEY_CHECKPOINT_NS in self.config.get(CONF, {}):
            runtime.stream_writer(value)

    def write_graph(self, ns: tuple[str, ...], mode: str, value: Any) -> None:
        """Hand on what a graph below the tool streamed, where the caller's graph streams its subgraphs."""
        stream = self.config.get(CONF, {}).get(CONFIG_KEY_STREAM)
        if stream is not None and mode in stream.modes:
            stream((ns, mode, value))

    def _graph(self) -> GraphContext | None:
        configurable = self.config.get(CONF, {})
        if CONFIG_KEY_TASK_ID not in configurable:
            return None
        stream = configurable.get(CONFIG_KEY_STREAM)
        modes = tuple(sorted(stream.modes)) if stream is not None else ()
        return GraphContext(str(configurable.get(CONFIG_KEY_CHECKPOINT_NS, "")), modes)


def is_streaming(handler: object) -> bool:
    """Whether a handler makes LangChain stream."""
    return isinstance(handler, _StreamingCallbackHandler | _V2StreamingCallbackHandler)


def is_tapping(handler: object) -> TypeGuard[_StreamingCallbackHandler[Any]]:
    """Whether LangChain passes the chunks of chains through a handler."""
    return isinstance(handler, _StreamingCallbackHandler)


def write_delta(value: Any) -> None:
    """Write to the `tools` stream of the tool call that is running here, where somebody reads it."""
    if (writer := _tool_call_writer.get()) is not None:
        writer(value)
