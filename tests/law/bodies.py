"""Tool bodies of every kind that the law speaks of; each runs in-process and behind MCP.

A prompt carries directives of the scripted model, so that the answers, and where their tokens end, are known.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from typing import Any, TypedDict

from langchain_core.callbacks import adispatch_custom_event
from langchain_core.output_parsers import JsonOutputParser, StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph

from mcp_server.tools import TOOLS, llm
from throughline.reporter import Reporter

COUNTRIES = '{"countries": [{"name": "France", "population": 67}, {"name": "Spain", "population": 46}]}'


def json_chain() -> Any:
    prompt = ChatPromptTemplate.from_messages([("system", "Answer in JSON."), ("human", "{question}")])
    return prompt | llm() | JsonOutputParser()


async def chain_json(text: str) -> str:
    """A chain whose parser makes partial objects, asked for its whole answer."""
    return str(await json_chain().ainvoke({"question": f"{text} [[reply:{COUNTRIES}]]"}))


async def chain_streamed(text: str) -> str:
    """The same chain, read piece by piece."""
    question = {"question": f"{text} [[reply:{COUNTRIES}]]"}
    return str([value async for value in json_chain().astream(question)][-1])


async def three_calls(text: str) -> str:
    """Three model calls, one after the other."""
    replies = [await llm().ainvoke(f"{text} [[reply:answer number {n}]]") for n in range(3)]
    return " | ".join(str(reply.text) for reply in replies)


async def tagged(text: str) -> str:
    """A call whose tokens nobody is to see, and one that has a name and a tag."""
    hidden = await llm().ainvoke(f"{text} [[reply:hidden words here]]", {"tags": ["nostream"]})
    shown = await llm().ainvoke(f"{text} [[reply:shown words here]]", {"tags": ["mine"], "run_name": "named"})
    return f"{hidden.text} / {shown.text}"


async def writes(text: str, reporter: Reporter) -> str:
    """No model at all: a status, a partial value, custom writes and a custom event, in this order."""
    await reporter.status("looking", progress=1, total=2)
    await reporter.partial({"text": text})
    writer = get_stream_writer()
    writer({"custom": text, "pair": (1, 2)})
    await adispatch_custom_event("noticed", {"text": text})
    writer("last")
    return text


@tool
async def lookup(word: str) -> str:
    """Look a word up."""
    return f"{word}: {(await llm().ainvoke(f'{word} [[reply:a meaning]]')).text}"


async def inner_tool(text: str) -> str:
    """A model that calls a tool, a tool that calls a model, and a function between them."""
    asked = await llm().bind_tools([lookup]).ainvoke(f'{text} [[call:lookup {{"word": "sea"}}]]')
    meanings = [await lookup.ainvoke(call["args"]) for call in asked.tool_calls]
    return str(await (RunnableLambda(str.upper) | StrOutputParser()).ainvoke(" ".join(meanings)))


class Draft(TypedDict, total=False):
    text: str
    draft: str


async def nested_graph(text: str) -> str:
    """Two runs of a graph whose node writes to the stream and asks a model."""

    async def draft(state: Draft) -> Draft:
        get_stream_writer()({"drafting": state["text"]})
        reply = await llm().ainvoke(f"{state['text']} [[reply:a first draft]]")
        return {"draft": str(reply.text)}

    builder = StateGraph(Draft)
    builder.add_node("write_draft", draft)
    builder.add_edge(START, "write_draft")
    builder.add_edge("write_draft", END)
    graph = builder.compile()
    first = await graph.ainvoke({"text": text})
    second = await graph.ainvoke({"text": first["draft"]})
    return str(second["draft"])


async def split_pair(text: str) -> str:
    """An answer with text outside ASCII."""
    return str((await llm().ainvoke(f"{text} [[reply:naïve café 한국어 🙂 ]]")).text)


async def gathered(text: str) -> str:
    """Two model calls at the same time."""
    one, two = await asyncio.gather(
        llm().ainvoke(f"{text} [[reply:one of two]]"), llm().ainvoke(f"{text} [[reply:two of two]]")
    )
    return f"{one.text} {two.text}"


async def slow(text: str) -> str:
    """A long answer at a pace; what is cancelled in the tests."""
    return str((await llm(model="scripted?pace_ms=5").ainvoke(f"{text} [[tokens:2000]]")).text)


async def tokens(text: str) -> str:
    """Three hundred tokens at once."""
    return str((await llm().ainvoke(f"{text} [[tokens:300]]")).text)


async def echo(text: str) -> str:
    """Twenty tokens that say who asked."""
    return str((await llm(model="scripted?pace_ms=1").ainvoke(f"[[reply:{(text + ' ') * 20}]]")).text)


async def dies(text: str) -> str:
    """The whole process ends in the middle of an answer."""
    async for _ in llm().astream(f"{text} [[tokens:50]]"):
        os.kill(os.getpid(), signal.SIGKILL)
    return text


async def raises(text: str) -> str:
    """Half an answer, then an error."""
    await llm().ainvoke(f"{text} [[reply:half an answer]]")
    raise ValueError("the tool gave up")


Body = Callable[..., Awaitable[Any]]

BODIES: dict[str, Body] = {
    body.__name__: body
    for body in (
        chain_json,
        chain_streamed,
        three_calls,
        tagged,
        writes,
        inner_tool,
        nested_graph,
        split_pair,
        gathered,
        slow,
        tokens,
        echo,
        dies,
        raises,
    )
}
SHIPPED: dict[str, Body] = {spec.name: spec.body for spec in TOOLS}
