"""Events as LangGraph hands them out, made by hand: each shape, with fresh ids and times each time."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.messages.tool import tool_call_chunk

from client_demo.paths import Seen

CLOCK = random.Random(0)


def fresh() -> str:
    return uuid4().hex


def now() -> float:
    return CLOCK.random()


def metadata(node: str, task: str | None = None) -> dict[str, Any]:
    return {
        "langgraph_node": node,
        "langgraph_step": CLOCK.randrange(100),
        "langgraph_checkpoint_ns": f"{node}:{task or fresh()}",
        "run_id": fresh(),
    }


def token(text: str, *, node: str = "tools", task: str | None = None, message: str | None = None) -> Seen:
    chunk = AIMessageChunk(content=text, id=message or fresh())
    return Seen(now(), "messages", "messages", (chunk, metadata(node, task)))


def call_token(name: str | None, args: str, *, call_id: str | None = None, index: int = 0) -> Seen:
    piece = tool_call_chunk(name=name, args=args, id=call_id, index=index)
    chunk = AIMessageChunk(content="", tool_call_chunks=[piece], id=fresh())
    return Seen(now(), "messages", "messages", (chunk, metadata("model")))


def asked(*calls: tuple[str, dict[str, Any], str], text: str = "") -> AIMessage:
    made = [{"name": name, "args": args, "id": call_id, "type": "tool_call"} for name, args, call_id in calls]
    return AIMessage(content=text, tool_calls=made, id=fresh())


def told(text: str | list[Any], call_id: str, *, name: str = "list_items") -> ToolMessage:
    return ToolMessage(content=text, tool_call_id=call_id, name=name, id=fresh())


def result(text: str | list[Any], call_id: str, *, task: str | None = None) -> Seen:
    return Seen(now(), "messages", "messages", (told(text, call_id), metadata("tools", task)))


def state(*messages: Any, mode: str = "values") -> Seen:
    return Seen(now(), "state", mode, {"messages": [HumanMessage("hi", id=fresh()), *messages]})


def event(
    kind: str, name: str, run: str, *, parents: Sequence[str] = (), node: str = "tools", **data: Any
) -> Seen:
    raw = {
        "event": kind,
        "name": name,
        "run_id": run,
        "parent_ids": list(parents),
        "tags": [fresh()],
        "metadata": metadata(node),
        "data": data,
    }
    return Seen(now(), "events", "v2", raw)


def protocol(method: str, data: Any, *, namespace: Sequence[str] = ()) -> Seen:
    params = {"namespace": list(namespace), "timestamp": CLOCK.randrange(10**9), "data": data}
    raw = {"type": "event", "method": method, "params": params, "seq": CLOCK.randrange(10**6)}
    return Seen(now(), "events", "v3", raw)


def block(text: str, *, node: str = "tools", run: str | None = None) -> Seen:
    data = {"event": "content-block-delta", "index": 0, "delta": {"type": "text-delta", "text": text}}
    return protocol("messages", (data, {**metadata(node), "run_id": run or fresh()}))
