"""Asks an endpoint as a client would that knows HTTP and JSON and nothing else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from throughline.model import ModelSettings, OpenModel

Json = dict[str, Any]

PLACE = {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}
TOPIC = {"type": "object", "properties": {"topic": {"type": "string"}}, "required": ["topic"]}


def tool(name: str, parameters: Json, description: str = "") -> Json:
    """A tool as OpenAI's API takes it."""
    return {
        "type": "function",
        "function": {"name": name, "description": description, "parameters": parameters},
    }


def named(name: str) -> Json:
    """A tool_choice that names a tool."""
    return {"type": "function", "function": {"name": name}}


ITEMS = tool("list_items", PLACE, "List items that are commonly found in a place.")
JOKE = tool("tell_joke", TOPIC, "Tell a short joke about a topic.")


class Asker:
    """Asks for chat completions at one address, for one model."""

    def __init__(self, client: httpx.AsyncClient, settings: ModelSettings) -> None:
        self.client = client
        self.model = settings.model

    def body(self, prompt: str | list[Json], **options: Any) -> Json:
        """A request body; a prompt may be a whole conversation."""
        messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
        return {"model": self.model, "messages": messages, **options}

    async def raw(self, prompt: str | list[Json], **options: Any) -> httpx.Response:
        """Ask and return the answer as it is."""
        return await self.client.post("chat/completions", json=self.body(prompt, **options))

    async def whole(self, prompt: str | list[Json], **options: Any) -> Json:
        """Ask for an answer in one piece."""
        response = await self.raw(prompt, **options)
        assert response.status_code == 200, response.text
        answer: Json = response.json()
        return answer

    async def chunks(self, prompt: str | list[Json], **options: Any) -> list[Json]:
        """Ask for a stream and return its chunks; the stream must end as it should."""
        response = await self.raw(prompt, stream=True, **options)
        assert response.status_code == 200, response.text
        return chunks_of(response.text)

    async def text(self, prompt: str | list[Json], **options: Any) -> str:
        """Ask for an answer in one piece and return its text."""
        answer = await self.whole(prompt, **options)
        text: str = answer["choices"][0]["message"]["content"]
        return text


def chunks_of(stream: str) -> list[Json]:
    """Read a complete stream of server-sent events."""
    events = [event.removeprefix("data: ") for event in stream.split("\n\n") if event]
    assert events[-1] == "[DONE]"
    return [json.loads(event) for event in events[:-1]]


def texts_of(chunks: list[Json]) -> list[str]:
    """The non-empty text deltas of a stream."""
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    return [delta["content"] for delta in deltas if delta.get("content")]


def calls_of(chunks: list[Json]) -> list[Json]:
    """The tool call deltas of a stream."""
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    return [call for delta in deltas for call in delta.get("tool_calls", ())]


@asynccontextmanager
async def asking(model: OpenModel) -> AsyncIterator[Asker]:
    """Open a client for a model."""
    headers = {"authorization": f"Bearer {model.endpoint.api_key}"}
    base_url = f"{model.endpoint.base_url}/"
    async with httpx.AsyncClient(base_url=base_url, headers=headers, trust_env=False, timeout=30) as client:
        yield Asker(client, model.settings)
