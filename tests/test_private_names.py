"""Every private name of a dependency that throughline leans on: does it still mean what we take it for?

A name that moved fails to import; a name that came to mean something else fails its check. Knows what each
name is needed for, and nothing of our code that needs it, except for the list of names in `test_house`.
"""

from __future__ import annotations

import contextvars
import dataclasses
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, TypedDict

import anyio
import pytest
from anyio.lowlevel import checkpoint
from anyio.streams.memory import MemoryObjectReceiveStream
from langchain_core._api import LangChainBetaWarning
from langchain_core.callbacks import AsyncCallbackHandler, BaseCallbackManager
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig, RunnableLambda, ensure_config
from langchain_core.runnables.config import var_child_runnable_config
from langchain_core.tools import ToolException, tool
from langchain_core.tracers._streaming import _StreamingCallbackHandler, _V2StreamingCallbackHandler
from langchain_mcp_adapters.tools import _convert_call_tool_result
from langgraph._internal import _constants as names
from langgraph._internal._scratchpad import PregelScratchpad
from langgraph.config import get_config
from langgraph.graph import END, START, StateGraph
from langgraph.pregel._messages import StreamMessagesHandler, StreamMessagesHandlerV2
from langgraph.pregel._tools import StreamToolCallHandler, _tool_call_writer
from langgraph.pregel.protocol import StreamProtocol
from langgraph.runtime import Runtime
from mcp import ClientSession, McpError, types
from mcp.shared.message import SessionMessage

from tests.test_house import PRIVATE_NAMES

pytestmark = pytest.mark.anyio

TAKEN_FOR_GRANTED_S = 10


# --- langchain_core ---


def model() -> GenericFakeChatModel:
    return GenericFakeChatModel(messages=iter([AIMessage("one two")]))


class Listener(AsyncCallbackHandler):
    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.blocks: list[str] = []

    async def on_llm_new_token(self, token: Any, **kwargs: Any) -> None:
        self.tokens.append(token)

    async def on_stream_event(self, event: Any, **kwargs: Any) -> None:
        self.blocks.append(event["event"])


async def a_streaming_handler_makes_a_model_stream() -> None:
    class Streaming(Listener, _StreamingCallbackHandler[Any]):
        def tap_output_aiter(self, run_id: Any, output: Any) -> Any:
            return output

        tap_output_iter = tap_output_aiter

    plain, streaming = Listener(), Streaming()
    await model().ainvoke("hi", {"callbacks": [plain]})
    await model().ainvoke("hi", {"callbacks": [streaming]})
    assert plain.tokens == []
    assert streaming.tokens == ["one", " ", "two"]


async def a_streaming_handler_is_given_the_chunks_of_chains() -> None:
    class Tapping(AsyncCallbackHandler, _StreamingCallbackHandler[Any]):
        def __init__(self) -> None:
            self.chunks: list[Any] = []

        async def tap_output_aiter(self, run_id: Any, output: AsyncIterator[Any]) -> AsyncIterator[Any]:
            async for chunk in output:
                self.chunks.append(chunk)
                yield chunk

        def tap_output_iter(self, run_id: Any, output: Any) -> Any:
            return output

    tapping = Tapping()
    chain = model() | RunnableLambda(lambda message: message.text.upper())
    assert [piece async for piece in chain.astream("hi", {"callbacks": [tapping]})] == ["ONE TWO"]
    assert tapping.chunks.count("ONE TWO") == 2  # the function's own run, and the chain's


async def a_v2_streaming_handler_makes_a_model_tell_content_blocks() -> None:
    class Blocks(Listener, _V2StreamingCallbackHandler):
        pass

    plain, blocks = Listener(), Blocks()
    await model().ainvoke("hi", {"callbacks": [plain]})
    await model().ainvoke("hi", {"callbacks": [blocks]})
    assert plain.blocks == []
    assert blocks.blocks[0] == "message-start"
    assert blocks.blocks.count("content-block-delta") == 3


async def the_ambient_config_is_what_a_context_holds() -> None:
    context = contextvars.copy_context()
    context.run(var_child_runnable_config.set, RunnableConfig(tags=["ours"]))
    assert context.run(ensure_config)["tags"] == ["ours"]
    assert ensure_config()["tags"] == []


# --- langgraph ---


class State(TypedDict, total=False):
    seen: str


@dataclasses.dataclass(slots=True)
class Inside:
    """What a node of a graph finds around it."""

    config: dict[str, Any] = dataclasses.field(default_factory=dict)
    handlers: list[Any] = dataclasses.field(default_factory=list)

    def graph(self) -> Any:
        async def look(state: State) -> State:
            config = get_config()
            self.config = dict(config[names.CONF])
            callbacks = config.get("callbacks")
            self.handlers = callbacks.handlers if isinstance(callbacks, BaseCallbackManager) else []
            return {"seen": "yes"}

        return StateGraph(State).add_node(look).add_edge(START, "look").add_edge("look", END).compile()

    async def by(self, mode: str) -> Inside:
        async for _ in self.graph().astream({}, stream_mode=mode, subgraphs=True):
            pass
        return self


async def a_node_knows_its_task_and_its_place_in_the_graph() -> None:
    inside = await Inside().by("custom")
    assert inside.config[names.CONFIG_KEY_TASK_ID]
    assert inside.config[names.CONFIG_KEY_CHECKPOINT_NS].startswith("look:")
    assert isinstance(inside.config[names.CONFIG_KEY_RUNTIME], Runtime)
    assert isinstance(inside.config[names.CONFIG_KEY_SCRATCHPAD], PregelScratchpad)


async def a_graph_that_streams_its_subgraphs_says_so_and_in_which_modes() -> None:
    stream = (await Inside().by("custom")).config[names.CONFIG_KEY_STREAM]
    assert isinstance(stream, StreamProtocol)
    assert "custom" in stream.modes


async def a_stream_is_a_function_of_a_chunk_and_a_set_of_modes() -> None:
    heard: list[Any] = []
    stream: Any = StreamProtocol(heard.append, {"custom"})
    stream(((), "custom", 1))
    assert heard == [((), "custom", 1)]
    assert stream.modes == {"custom"}


async def a_graph_in_a_node_has_a_namespace_below_the_nodes() -> None:
    inside = Inside()
    outer = StateGraph(State).add_node("outer", inside.graph()).add_edge(START, "outer").compile()
    await outer.ainvoke({})
    above, _, below = inside.config[names.CONFIG_KEY_CHECKPOINT_NS].partition(names.NS_SEP)
    assert (above.partition(":")[0], below.partition(":")[0]) == ("outer", "look")


async def a_scratchpad_has_the_fields_that_we_fill() -> None:
    assert [field.name for field in dataclasses.fields(PregelScratchpad)] == [
        "step",
        "stop",
        "call_counter",
        "interrupt_counter",
        "get_null_resume",
        "resume",
        "subgraph_counter",
    ]


async def messages_mode_listens_with_its_own_handler() -> None:
    handlers = (await Inside().by("messages")).handlers
    assert [type(handler) for handler in handlers] == [StreamMessagesHandler]
    assert handlers[0].subgraphs is True  # what says that it is to hear of graphs below
    assert isinstance(handlers[0], _StreamingCallbackHandler)


async def v3_listens_with_a_handler_of_content_blocks() -> None:
    inside = Inside()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LangChainBetaWarning)
        async for _ in await inside.graph().astream_events({}, version="v3"):
            pass
    [handler] = [handler for handler in inside.handlers if isinstance(handler, StreamMessagesHandlerV2)]
    assert isinstance(handler, _V2StreamingCallbackHandler)


async def tools_mode_listens_with_its_own_handler() -> None:
    assert [type(handler) for handler in (await Inside().by("tools")).handlers] == [StreamToolCallHandler]


async def a_running_tool_has_a_writer_of_deltas() -> None:
    @tool
    async def telling(text: str) -> str:
        """Write one delta."""
        writer = _tool_call_writer.get()
        assert writer is not None
        writer({"text": text})
        return text

    async def call(state: State) -> State:
        return {"seen": await telling.ainvoke({"text": "hello"})}

    graph: Any = StateGraph(State).add_node(call).add_edge(START, "call").add_edge("call", END).compile()
    chunks = [chunk async for chunk in graph.astream({}, stream_mode="tools")]
    assert [chunk["delta"] for chunk in chunks if chunk["event"] == "tool-output-delta"] == [
        {"text": "hello"}
    ]
    assert _tool_call_writer.get() is None


# --- langchain_mcp_adapters ---


async def the_adapters_turn_a_result_into_content_and_artifact() -> None:
    text = types.TextContent(type="text", text="hello")
    content, artifact = _convert_call_tool_result(types.CallToolResult(content=[text]))
    blocks: Any = content
    assert [(block["type"], block["text"]) for block in blocks] == [("text", "hello")]
    assert artifact is None
    with pytest.raises(ToolException):
        _convert_call_tool_result(types.CallToolResult(content=[text], isError=True))


# --- mcp ---


class Numbered(ClientSession):
    """Notes the number that it expects each request to be given."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.expected: list[int] = []

    async def send_request(self, *args: Any, **kwargs: Any) -> Any:
        self.expected.append(self._request_id)
        return await super().send_request(*args, **kwargs)


Sent = MemoryObjectReceiveStream[SessionMessage]


@asynccontextmanager
async def connected(session_type: type[Numbered] = Numbered) -> AsyncIterator[tuple[Numbered, Sent, Any]]:
    """A session on two memory streams; what it sends, and the end on which its server would speak."""
    to_session, from_server = anyio.create_memory_object_stream[SessionMessage | Exception](1)
    to_server, from_session = anyio.create_memory_object_stream[SessionMessage](10)
    with anyio.fail_after(TAKEN_FOR_GRANTED_S):
        async with to_session, from_session, session_type(from_server, to_server) as session:
            yield session, from_session, to_session


async def request_number(sent: Sent) -> int:
    request = (await sent.receive()).message.root
    assert isinstance(request, types.JSONRPCRequest)
    assert isinstance(request.id, int)
    return request.id


async def a_request_takes_the_next_number_before_it_first_waits() -> None:
    async with connected() as (session, sent, _), anyio.create_task_group() as asking:
        for _ in range(3):
            asking.start_soon(session.send_ping)
        assert [await request_number(sent) for _ in range(3)] == session.expected == [0, 1, 2]
        asking.cancel_scope.cancel()


async def the_receive_loop_ends_with_the_connection() -> None:
    ended = anyio.Event()

    class Ending(Numbered):
        async def _receive_loop(self) -> None:
            try:
                await super()._receive_loop()
            finally:
                ended.set()

    async with connected(Ending) as (session, sent, to_session), anyio.create_task_group() as asking:

        async def ask() -> None:
            with pytest.raises(McpError):
                await session.send_ping()

        asking.start_soon(ask)
        await request_number(sent)
        assert not ended.is_set()
        await to_session.aclose()
        await ended.wait()


async def a_session_has_a_task_group_that_ends_with_it() -> None:
    running, ended = anyio.Event(), anyio.Event()

    async def task() -> None:
        try:
            running.set()
            await anyio.Event().wait()
        finally:
            ended.set()

    async with connected() as (session, _, _):
        session._task_group.start_soon(task)
        await running.wait()
    assert ended.is_set()


async def an_abandoned_request_is_not_told_to_the_server() -> None:
    async with connected() as (session, sent, _):
        async with anyio.create_task_group() as asking:
            asking.start_soon(session.send_ping)
            await request_number(sent)
            asking.cancel_scope.cancel()
        assert sent.statistics().current_buffer_used == 0, (
            "mcp's client now tells the server itself: CancellingClientSession can go"
        )


async def a_timed_out_request_fails_with_code_408() -> None:
    async with connected() as (session, _, _):
        with pytest.raises(McpError) as failed:
            await session.send_request(
                types.ClientRequest(types.PingRequest()), types.EmptyResult, timedelta(milliseconds=1)
            )
    assert failed.value.error.code == 408


async def a_router_is_offered_every_answer_before_the_session() -> None:
    class Router:
        def __init__(self) -> None:
            self.offered: list[Any] = []

        def route_response(self, request_id: Any, response: dict[str, Any]) -> bool:
            self.offered.append((request_id, response))
            return True

        def route_error(self, request_id: Any, error: types.ErrorData) -> bool:
            self.offered.append((request_id, error.code))
            return True

    router = Router()
    async with connected() as (session, _, to_session):
        session.add_response_router(router)
        answers = (
            types.JSONRPCResponse(jsonrpc="2.0", id=1 << 32, result={"content": []}),
            types.JSONRPCError(jsonrpc="2.0", id=7, error=types.ErrorData(code=-1, message="no")),
        )
        for answer in answers:
            await to_session.send(SessionMessage(types.JSONRPCMessage(answer)))
        await to_session.aclose()
        while len(router.offered) < len(answers):
            await checkpoint()
    assert router.offered == [(1 << 32, {"content": []}), (7, -1)]


Check = Callable[[], Awaitable[None]]
STREAMING = "langchain_core.tracers._streaming"
CONSTANTS = "langgraph._internal._constants"

TABLE: dict[str, tuple[Check, ...]] = {
    f"{STREAMING}._StreamingCallbackHandler": (
        a_streaming_handler_makes_a_model_stream,
        a_streaming_handler_is_given_the_chunks_of_chains,
    ),
    f"{STREAMING}._V2StreamingCallbackHandler": (a_v2_streaming_handler_makes_a_model_tell_content_blocks,),
    "langchain_core.runnables.config.var_child_runnable_config": (
        the_ambient_config_is_what_a_context_holds,
    ),
    f"{CONSTANTS}.CONF": (a_node_knows_its_task_and_its_place_in_the_graph,),
    f"{CONSTANTS}.CONFIG_KEY_CHECKPOINT_NS": (a_node_knows_its_task_and_its_place_in_the_graph,),
    f"{CONSTANTS}.CONFIG_KEY_RUNTIME": (a_node_knows_its_task_and_its_place_in_the_graph,),
    f"{CONSTANTS}.CONFIG_KEY_SCRATCHPAD": (a_node_knows_its_task_and_its_place_in_the_graph,),
    f"{CONSTANTS}.CONFIG_KEY_STREAM": (a_graph_that_streams_its_subgraphs_says_so_and_in_which_modes,),
    f"{CONSTANTS}.CONFIG_KEY_TASK_ID": (a_node_knows_its_task_and_its_place_in_the_graph,),
    f"{CONSTANTS}.NS_SEP": (a_graph_in_a_node_has_a_namespace_below_the_nodes,),
    "langgraph._internal._scratchpad.PregelScratchpad": (a_scratchpad_has_the_fields_that_we_fill,),
    "langgraph.pregel._messages.StreamMessagesHandler": (messages_mode_listens_with_its_own_handler,),
    "langgraph.pregel._messages.StreamMessagesHandlerV2": (v3_listens_with_a_handler_of_content_blocks,),
    "langgraph.pregel._tools.StreamToolCallHandler": (tools_mode_listens_with_its_own_handler,),
    "langgraph.pregel._tools._tool_call_writer": (a_running_tool_has_a_writer_of_deltas,),
    "langgraph.pregel.protocol.StreamProtocol": (
        a_stream_is_a_function_of_a_chunk_and_a_set_of_modes,
        a_graph_that_streams_its_subgraphs_says_so_and_in_which_modes,
    ),
    "langchain_mcp_adapters.tools._convert_call_tool_result": (
        the_adapters_turn_a_result_into_content_and_artifact,
    ),
    "mcp.ClientSession._request_id": (a_request_takes_the_next_number_before_it_first_waits,),
    "mcp.ClientSession._receive_loop": (the_receive_loop_ends_with_the_connection,),
    "mcp.ClientSession._task_group": (a_session_has_a_task_group_that_ends_with_it,),
    "mcp.ClientSession.add_response_router": (a_router_is_offered_every_answer_before_the_session,),
    "mcp.ClientSession.send_request": (
        an_abandoned_request_is_not_told_to_the_server,
        a_timed_out_request_fails_with_code_408,
    ),
}


@pytest.mark.parametrize(
    "check",
    [pytest.param(check, id=f"{name}:{check.__name__}") for name, row in TABLE.items() for check in row],
)
async def test_a_private_name_still_means_what_we_take_it_for(check: Check) -> None:
    with anyio.fail_after(TAKEN_FOR_GRANTED_S):
        await check()


def test_every_private_name_that_is_imported_has_its_check() -> None:
    assert not {name for used in PRIVATE_NAMES.values() for name in used} - TABLE.keys()
