"""The scripted model's quirks, asked for in its name, as a client that knows only HTTP and JSON sees them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.model.asking import ITEMS, Asker, asking, calls_of, texts_of
from throughline.model import OpenModel, open_model
from throughline.model.errors import ModelChoiceInvalid
from throughline.model.options import QUIRKS, read_options

pytestmark = pytest.mark.anyio

PROMPT = "[[reply:one two three]]"
USAGE = {"stream_options": {"include_usage": True}}


@pytest.fixture(scope="module")
async def scripted(anyio_backend: str) -> AsyncIterator[OpenModel]:
    async with open_model("scripted?pace_ms=0", env={}) as opened:
        yield opened


@pytest.fixture
async def ask(scripted: OpenModel) -> AsyncIterator[Asker]:
    async with asking(scripted) as asker:
        yield asker


def with_quirks(ask: Asker, quirks: str) -> Asker:
    ask.model = f"scripted?pace_ms=0&{quirks}"
    return ask


async def streamed(ask: Asker) -> str:
    return "".join(texts_of(await ask.chunks(PROMPT)))


async def test_random_never_answers_the_same_twice(ask: Asker) -> None:
    with_quirks(ask, "random=1")
    texts = [await ask.text(PROMPT), await ask.text(PROMPT), await streamed(ask)]
    assert len(set(texts)) == 3
    assert all(text.startswith("one two three (") for text in texts)


async def test_random_leaves_tool_calls_as_they_are(ask: Asker) -> None:
    with_quirks(ask, "random=1")
    calls = calls_of(await ask.chunks("What is in the bedroom?", tools=[ITEMS]))
    assert "".join(call["function"]["arguments"] for call in calls) == '{"place": "bedroom"}'


async def test_bare_stream_leaves_out_what_a_stream_can_do_without(scripted: OpenModel, ask: Asker) -> None:
    with_quirks(ask, "bare_stream=1")
    chunks = await ask.chunks(PROMPT, **USAGE)
    assert "".join(texts_of(chunks)) == "one two three"
    assert {key for chunk in chunks for key in chunk} == {"id", "object", "created", "model", "choices"}
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    assert {key for choice in choices for key in choice} == {"index", "delta", "finish_reason"}
    assert not [choice for choice in choices if "refusal" in choice["delta"]]
    assert {chunk["id"].partition("-")[0] for chunk in chunks} == {"bare"}
    assert not scripted.endpoint.requests[-1].usage


async def test_bare_stream_leaves_an_answer_in_one_piece_as_it_is(scripted: OpenModel, ask: Asker) -> None:
    whole = await with_quirks(ask, "bare_stream=1").whole(PROMPT)
    assert whole["usage"]["completion_tokens"] == 3
    assert whole["id"].startswith("chatcmpl-")
    assert {"logprobs", "message"} <= whole["choices"][0].keys()
    assert scripted.endpoint.requests[-1].usage


async def test_another_model_answers_when_streaming_in_name_and_in_words(ask: Asker) -> None:
    with_quirks(ask, "other_model_streaming=1")
    whole, chunks = await ask.whole(PROMPT), await ask.chunks(PROMPT, **USAGE)
    assert whole["model"] == ask.model
    assert whole["choices"][0]["message"]["content"] == "one two three"
    assert {chunk["model"] for chunk in chunks} == {"scripted-other"}
    assert "".join(texts_of(chunks)) == "In other words: one two three"
    assert chunks[-1]["usage"] is not None


async def test_two_quirks_at_once_do_both(ask: Asker) -> None:
    chunks = await with_quirks(ask, "bare_stream=1&other_model_streaming=1&random=1").chunks(PROMPT, **USAGE)
    assert "".join(texts_of(chunks)).startswith("In other words: one two three (")
    assert {chunk["model"] for chunk in chunks} == {"scripted-other"}
    assert not [chunk for chunk in chunks if "usage" in chunk]


async def test_quirks_can_be_kept_to_one_of_the_two_who_ask(ask: Asker) -> None:
    with_quirks(ask, "other_model_streaming=1&who=tool")
    assert await streamed(ask) == "one two three"
    ask.client.headers["X-Throughline-Who"] = "tool"
    assert await streamed(ask) == "In other words: one two three"


@pytest.mark.parametrize("name", QUIRKS)
async def test_a_quirk_that_is_off_changes_nothing(ask: Asker, name: str) -> None:
    with_quirks(ask, f"{name}=0")
    chunks = await ask.chunks(PROMPT, **USAGE)
    assert "".join(texts_of(chunks)) == await ask.text(PROMPT) == "one two three"
    assert chunks[-1]["usage"]["completion_tokens"] == 3
    assert {chunk["model"] for chunk in chunks} == {ask.model}


def test_a_wrong_name_or_value_is_a_sentence() -> None:
    with pytest.raises(ModelChoiceInvalid, match="did you mean 'bare_stream'"):
        read_options("scripted?bare_steam=1")
    with pytest.raises(ModelChoiceInvalid, match="neither 0 nor 1"):
        read_options("scripted?random=yes")
