"""The caller's graph, as far as a tool body on the server can be inside it.

A graph, a stream writer or a nested model in the body asks LangGraph's config where it is. This module
answers with the caller's namespace, a writer and a stream that lead into the emitter. All of LangGraph's
private names that the server side needs stand here; `tests/test_private_names.py` fails when one moves.
"""

from __future__ import annotations

from itertools import count
from typing import Any
from uuid import UUID, uuid4

from langchain_core.callbacks import AsyncCallbackManager
from langchain_core.runnables import RunnableConfig
from langchain_core.tracers._streaming import _StreamingCallbackHandler, _V2StreamingCallbackHandler
from langgraph._internal._constants import (
    CONF,
    CONFIG_KEY_CHECKPOINT_NS,
    CONFIG_KEY_SCRATCHPAD,
    CONFIG_KEY_STREAM,
    CONFIG_KEY_TASK_ID,
    NS_SEP,
)
from langgraph._internal._scratchpad import PregelScratchpad
from langgraph.config import get_config
from langgraph.pregel._messages import StreamMessagesHandler, StreamMessagesHandlerV2
from langgraph.pregel.protocol import StreamProtocol
from langgraph.runtime import Runtime

from throughline.codec import encode
from throughline.events import Custom, GraphChunk
from throughline.server.emitter import Emitter
from throughline.server.relay import Relay, StreamingRelay
from throughline.server.unheard import RUNTIME
from throughline.wire import GraphContext, StreamRequest


class EventsRelay(StreamingRelay, _StreamingCallbackHandler[Any]):  # LangGraph looks for inheritance
    """Streams models, chains and graph nodes, as `astream_events` v2 does."""


class EventsBlocksRelay(EventsRelay, _V2StreamingCallbackHandler):
    """The same, with models driven in v3's way."""


class GraphRelay(StreamingRelay, StreamMessagesHandler):  # type: ignore[misc]  # names one parameter otherwise
    """Streams models and leaves nodes alone, as the modes `messages` and `tools` do."""

    subgraphs = True


class GraphBlocksRelay(StreamingRelay, StreamMessagesHandlerV2):  # type: ignore[misc]  # likewise
    """The same in v3's way."""

    subgraphs = True


def relay_class(request: StreamRequest) -> type[Relay]:
    """The handler that makes LangChain treat the body's runs as the caller's own handlers would have."""
    match (request.streaming, request.events, request.blocks):
        case (False, _, _):
            return Relay
        case (_, True, False):
            return EventsRelay
        case (_, True, True):
            return EventsBlocksRelay
        case (_, _, False):
            return GraphRelay
        case _:
            return GraphBlocksRelay


def body_config(emitter: Emitter, request: StreamRequest, *, send_prompts: bool) -> RunnableConfig:
    """The config that a tool body runs under: our handler, and the caller's place in its graph."""
    root = uuid4()
    relay = relay_class(request)(emitter, root=root, send_prompts=send_prompts)
    manager = AsyncCallbackManager([relay], [relay], parent_run_id=root)
    configurable = _configurable(emitter, request.graph, root) if request.graph else {}
    return RunnableConfig(callbacks=manager, configurable=configurable)


def _configurable(emitter: Emitter, graph: GraphContext, root: UUID) -> dict[str, Any]:
    own_ns = tuple(graph.ns.split(NS_SEP)[:-1])

    def write(value: Any) -> None:
        ns = get_config()[CONF].get(CONFIG_KEY_CHECKPOINT_NS, "")
        here = tuple(ns.split(NS_SEP)[:-1])
        emitter.put(Custom(encode(value), () if here == own_ns else here))

    def emit(chunk: tuple[tuple[str, ...], str, Any]) -> None:
        emitter.put(GraphChunk(chunk[0], chunk[1], encode(chunk[2])))

    configurable: dict[str, Any] = {
        CONFIG_KEY_TASK_ID: str(root),
        CONFIG_KEY_CHECKPOINT_NS: graph.ns,
        RUNTIME: Runtime(stream_writer=write),
        CONFIG_KEY_SCRATCHPAD: _scratchpad(),
    }
    if graph.modes:
        configurable[CONFIG_KEY_STREAM] = StreamProtocol(emit, set(graph.modes))  # type: ignore[arg-type]
    return configurable


def _scratchpad() -> PregelScratchpad:
    """Numbers the graphs that one body runs, so that the second gets a namespace of its own."""

    def nothing_to_resume(consume: bool) -> None:
        return None

    return PregelScratchpad(
        step=0,
        stop=1,
        call_counter=count().__next__,
        interrupt_counter=count().__next__,
        get_null_resume=nothing_to_resume,
        resume=[],
        subgraph_counter=count().__next__,
    )
