"""An agent as anybody writes one: it knows nothing of throughline."""

from typing import Any

from langchain.agents import create_agent


def make_agent(model: Any, tools: list[Any]) -> Any:
    return create_agent(model, tools, system_prompt="Use your tools, and say what they say.")
