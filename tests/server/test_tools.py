"""Each tool over real stdio, on the scripted model: what it returns, and what it asked for."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from tests.server.harness import Client, connected, raw_server
from throughline.model import OpenModel

pytestmark = pytest.mark.anyio

STREAM = {"progressToken": "t", "throughline/stream": {"version": 1, "streaming": True}}
QUIET = {"progressToken": "t", "throughline/stream": {"version": 1, "streaming": False}}


@pytest.fixture
def sections() -> list[str]:
    return [f"Part {number}. " + "All of it is words. " * 180 for number in range(7)]


async def test_list_items_asks_once_and_names_the_place(scripted: OpenModel) -> None:
    async with connected(scripted.settings.to_env()) as client:
        assert await client.text("list_items", place="bedroom")
    [asked] = scripted.endpoint.requests
    assert asked.who == "tool"
    assert "bedroom" in asked.body["messages"][-1]["content"]


async def test_an_unmodified_ainvoke_streams_exactly_when_its_caller_streams(scripted: OpenModel) -> None:
    async with connected(scripted.settings.to_env()) as client:
        for meta in (None, {"progressToken": "t"}, QUIET, STREAM):
            assert await client.text("list_items", meta, place="[[reply:a bed]]") == "a bed"
    assert [asked.streamed for asked in scripted.endpoint.requests] == [False, False, False, True]


async def test_ask_streams_by_itself_and_hands_on_what_it_was_told(scripted: OpenModel) -> None:
    async with connected(scripted.settings.to_env()) as client:
        answer = await client.text("ask", prompt="[[reply:yes]]", system="Be brief.", max_tokens=9)
    [asked] = scripted.endpoint.requests
    assert answer == "yes"
    assert asked.streamed
    assert asked.body["messages"][0]["content"] == "Be brief."
    assert 9 in (asked.body.get("max_tokens"), asked.body.get("max_completion_tokens"))


async def test_a_joke_is_about_the_refined_topic(scripted: OpenModel) -> None:
    async with connected(scripted.settings.to_env()) as client:
        assert await client.text("tell_joke", topic="bread")
    [asked] = scripted.endpoint.requests
    assert "bread and cats" in asked.body["messages"][-1]["content"]


async def test_a_short_text_is_summarized_in_one_call(scripted: OpenModel) -> None:
    async with connected(scripted.settings.to_env()) as client:
        assert await client.text("summarize", text="A short text.", focus="brevity", sentences=1)
    [asked] = scripted.endpoint.requests
    assert "in one sentence" in asked.body["messages"][-1]["content"]
    assert "brevity" in asked.body["messages"][-1]["content"]


async def test_a_long_text_is_summarized_part_by_part_and_then_as_a_whole(
    scripted: OpenModel, sections: list[str]
) -> None:
    async with connected(scripted.settings.to_env()) as client:
        assert await client.text("summarize", text="\n\n".join(sections))
    asked = [record.body["messages"][-1]["content"] for record in scripted.endpoint.requests]
    assert len(asked) == len(sections) + 1
    assert all(any(section.strip() in prompt for prompt in asked[:-1]) for section in sections)
    assert "summaries" in asked[-1]


async def test_a_few_parts_at_a_time_are_with_the_provider(scripted: OpenModel, sections: list[str]) -> None:
    env = {**scripted.settings.to_env(), "OPENAI_MODEL": "scripted?pace_ms=5"}
    async with connected(env) as client:
        await client.text("summarize", text="\n\n".join(sections))
    parts = scripted.endpoint.requests[:-1]
    busiest = max(sum(a.started_s <= b.started_s < (a.ended_s or 0) for a in parts) for b in parts)
    assert 1 < busiest <= 4


async def test_a_server_without_an_endpoint_opens_a_model_of_its_own_and_says_so_on_stderr(
    tmp_path: Path,
) -> None:
    with (tmp_path / "stderr").open("wb") as stderr:
        async with raw_server(
            {}, "--model", "scripted?pace_ms=0", cwd=tmp_path, stderr=stderr.fileno()
        ) as server:
            await server.initialize()
            await server.send("notifications/initialized")
            await server.call(1, "ask", prompt="[[reply:from within]]")
            answer = await server.answer(1)
            assert await server.leave() == 0
    assert answer["result"]["content"][0]["text"] == "from within"
    [said] = (tmp_path / "stderr").read_text().splitlines()
    assert "canned" in said


async def test_calls_side_by_side_get_their_own_answers(scripted: OpenModel) -> None:
    async with connected(scripted.settings.to_env()) as client:
        answers = await side_by_side(client, 8)
    assert answers == {number: f"answer {number}" for number in range(8)}


async def side_by_side(client: Client, count: int) -> dict[int, str]:
    answers: dict[int, str] = {}

    async def one(number: int) -> None:
        answers[number] = await client.text("ask", prompt=f"[[reply:answer {number}]]")

    async with anyio.create_task_group() as group:
        for number in range(count):
            group.start_soon(one, number)
    return answers
