"""tell_joke: a LangGraph graph inside a tool.

Two steps, `refine_topic` and `generate_joke`, each announced by a status; the tokens of the second belong to
an inner node of a graph that runs in a tool, wherever that tool runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypedDict

from pydantic import Field

from mcp_server.tools.arguments import NOT_BLANK
from mcp_server.tools.model import llm
from mcp_server.tools.spec import ToolSpec
from throughline.reporter import Reporter

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph

Topic = Annotated[
    str,
    Field(description="What the joke is about, in a few words.", min_length=1, max_length=2_000),
    NOT_BLANK,
]


class Joke(TypedDict, total=False):
    """The state of the graph: the topic as it is refined, and the joke made of it."""

    topic: str
    joke: str


async def tell_joke(topic: Topic, *, reporter: Reporter) -> str:
    """Refine the topic and tell a joke about it."""
    told = await _graph(reporter).ainvoke({"topic": topic})
    return str(told["joke"])


def _graph(reporter: Reporter) -> CompiledStateGraph[Joke, None, Joke, Joke]:
    from langgraph.graph import END, START, StateGraph

    async def refine_topic(state: Joke) -> Joke:
        await reporter.status("Refining the topic")
        return {"topic": f"{state['topic']} and cats"}

    async def generate_joke(state: Joke) -> Joke:
        await reporter.status(f"Writing a joke about {state['topic']}")
        reply = await llm().ainvoke(f"Generate a short joke about {state['topic']}")
        return {"joke": str(reply.text)}

    graph = StateGraph(Joke)
    graph.add_node("refine_topic", refine_topic)
    graph.add_node("generate_joke", generate_joke)
    graph.add_edge(START, "refine_topic")
    graph.add_edge("refine_topic", "generate_joke")
    graph.add_edge("generate_joke", END)
    return graph.compile()


TOOL = ToolSpec(
    name="tell_joke",
    title="Tell a joke",
    description="Tell a short joke about a topic (cats will get into it).",
    body=tell_joke,
)
