"""A model's chunks cross with their texts, boundaries and fields, and the halves of a letter are joined."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.callbacks import AsyncCallbackHandler, AsyncCallbackManager
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, Generation, GenerationChunk, LLMResult

from tests.core.clock import ending, on_a_clock
from tests.core.values import any_text, over_json, steady, texts
from throughline.client.proxy_model import ProxyModelRun
from throughline.codec import scrub
from throughline.errors import WireError
from throughline.events import Frame, RunEnd, RunStream, Tokens
from throughline.server.chunks import ModelStream
from throughline.server.emitter import emitting
from throughline.wire import read_frame, write_frame

pytestmark = pytest.mark.anyio
anyio_backend = on_a_clock


class Heard(AsyncCallbackHandler):
    """What listeners on the near side hear of a run."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.chunks: list[Any] = []
        self.blocks: list[Any] = []
        self.response: Any = None

    async def on_llm_new_token(self, token: Any, *, chunk: Any = None, **kwargs: Any) -> None:
        self.texts.append(token)
        self.chunks.append(chunk)

    async def on_stream_event(self, event: Any, **kwargs: Any) -> None:
        self.blocks.append(event)

    async def on_llm_end(self, response: Any, **kwargs: Any) -> None:
        self.response = response


class Far:
    def __init__(self) -> None:
        self.frames: list[Frame] = []

    async def __call__(self, frame: Frame) -> None:
        arrived = read_frame(over_json(write_frame(frame)))
        assert arrived is not None
        self.frames.append(arrived)

    async def replay(self) -> Heard:
        heard = Heard()
        manager = AsyncCallbackManager([heard], [heard])
        (run,) = await manager.on_chat_model_start({}, [[]], run_id=uuid4())
        proxy = ProxyModelRun(run)
        for frame in self.frames:
            for event in frame.events:
                match event:
                    case RunStream():
                        await proxy.stream(event)
                    case Tokens():
                        await proxy.tokens(event)
                    case RunEnd():
                        await proxy.end(event)
        return heard


def chunk(text: Any, **fields: Any) -> ChatGenerationChunk:
    return ChatGenerationChunk(message=AIMessageChunk(content=text, id="run", **fields))


def answer(text: str) -> LLMResult:
    return LLMResult(generations=[[ChatGeneration(message=AIMessage(text))]])


async def streamed(pieces: list[Any], response: LLMResult) -> tuple[Far, Heard]:
    """Chunks of a chat model, from the provider to who listens on the near side."""
    far = Far()
    with ending():
        async with emitting(far) as emitter:
            stream = ModelStream(emitter, 1)
            for piece in pieces:
                stream.chunk(piece.text, piece)
            stream.end(response)
        return far, await far.replay()


@given(st.lists(texts, max_size=12))
@steady
async def test_every_chunk_is_heard_with_its_own_text(said: list[str]) -> None:
    _, heard = await streamed([chunk(text) for text in said], answer("".join(said)))
    assert heard.texts == said
    assert [each.message.content for each in heard.chunks] == said
    assert heard.response.generations[0][0].message.content == "".join(said)


@given(st.lists(any_text, max_size=12))
@steady
async def test_halves_of_a_letter_are_joined_and_every_boundary_stays(said: list[str]) -> None:
    _, heard = await streamed([chunk(text) for text in said], answer("".join(said)))
    assert "".join(heard.texts) == scrub("".join(said))
    assert heard.response.generations[0][0].message.content == scrub("".join(said))
    assert len(heard.texts) - len(said) in (0, 1)  # one more where the last letter never became whole


PAIR = ["a \ud83d", "\ude42 b"]


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (PAIR, ["a ", "🙂 b"]),
        (["\ud83d", "\ude42"], ["", "🙂"]),
        (["\ud83d", "x"], ["", "�x"]),
        (["\ud83d", "", "\ude42"], ["", "", "🙂"]),
        (["x", "\ude42"], ["x", "�"]),
        (["x", "\ud83d"], ["x", "", "�"]),
        (["🙂", "\ud83d\ude42"], ["🙂", "🙂"]),
    ],
)
async def test_a_letter_that_was_cut_arrives_with_its_second_half(said: list[str], heard: list[str]) -> None:
    _, near = await streamed([chunk(text) for text in said], answer("".join(said)))
    assert near.texts == heard


async def test_a_letter_that_was_cut_is_joined_in_plain_tokens_and_in_content_blocks() -> None:
    plain, blocks = Far(), Far()
    with ending():
        async with emitting(plain) as emitter:
            stream = ModelStream(emitter, 1)
            for text in PAIR:
                stream.chunk(text, GenerationChunk(text=text))
            stream.end(LLMResult(generations=[[Generation(text="a 🙂 b")]]))
        async with emitting(blocks) as emitter:
            stream = ModelStream(emitter, 1)
            for text in PAIR:
                delta = {"type": "text-delta", "text": text}
                stream.block({"event": "content-block-delta", "index": 0, "delta": delta})
            stream.end(answer("a 🙂 b"))
        assert (await plain.replay()).texts == ["a ", "🙂 b"]
        heard = [event["delta"]["text"] for event in (await blocks.replay()).blocks]
    assert heard == ["a ", "🙂 b"]


async def test_chunks_that_differ_in_their_text_alone_travel_as_bare_texts() -> None:
    far, heard = await streamed([chunk(f"t{number} ") for number in range(100)], answer("long"))
    kinds = [type(event) for frame in far.frames for event in frame.events]
    assert kinds == [RunStream, Tokens, RunEnd]
    assert [each.message.id for each in heard.chunks] == ["run"] * 100


ODD: list[dict[str, Any]] = [
    {
        "tool_call_chunks": [
            {"name": "look", "args": '{"a"', "id": "1", "index": 0, "type": "tool_call_chunk"}
        ]
    },
    {"usage_metadata": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}},
    {"additional_kwargs": {"reasoning": "because"}},
    {"response_metadata": {"finish_reason": "stop"}},
    {"name": "someone"},
    {"chunk_position": "last"},
]


@given(st.lists(st.tuples(texts, st.sampled_from([{}, {}, *ODD])), max_size=10))
@steady
async def test_a_chunk_with_something_of_its_own_keeps_it_among_those_without(
    said: list[tuple[str, dict[str, Any]]],
) -> None:
    pieces = [chunk(text, **fields) for text, fields in said]
    _, heard = await streamed(pieces, answer("".join(text for text, _ in said)))
    assert [each.message for each in heard.chunks] == [piece.message for piece in pieces]


async def test_chunks_of_content_blocks_keep_their_blocks() -> None:
    blocks = [{"type": "text", "text": "hi", "index": 0}]
    _, heard = await streamed([chunk(blocks), chunk("there")], answer("hi there"))
    assert [each.message.content for each in heard.chunks] == [blocks, "there"]
    assert heard.response.generations[0][0].message.content == "hi there"


async def test_a_text_that_was_changed_after_it_streamed_arrives_as_it_was_changed() -> None:
    _, heard = await streamed([chunk("secret")], answer("[removed]"))
    assert heard.texts == ["secret"]
    assert heard.response.generations[0][0].message.content == "[removed]"


@pytest.mark.parametrize(
    "output",
    [
        *(
            None,
            [1],
            {},
            {"generations": []},
            {"generations": [[]]},
            {"generations": "x", "llm_output": None},
        ),
        {"generations": [[{"fields": {"message": {}}}]], "llm_output": None},
    ],
)
@pytest.mark.parametrize("joined", [True, False])
async def test_an_end_without_an_answer_is_refused_in_a_sentence(output: Any, joined: bool) -> None:
    manager = AsyncCallbackManager([])
    (run,) = await manager.on_chat_model_start({}, [[]], run_id=uuid4())
    with ending(), pytest.raises(WireError, match="malformed"):
        await ProxyModelRun(run).end(RunEnd(1, output, joined=joined))
