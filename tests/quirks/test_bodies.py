"""Each body quirk does what its sentence says: behind stdio, and in this process."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from mcp import StdioServerParameters

from mcp_server.quirks import QUIRKS, quirky
from mcp_server.quirks.bodies import BLOCKED_S, BREVITY, FAILURE, QUIET_WORDS, WATCHED_WORDS, WRONG_START
from mcp_server.quirks.catalog import BODY
from mcp_server.tools import TOOLS, ToolSpec, configure, schema
from tests.quirks.harness import misbehaving, prompt_of, text_of
from throughline.client import RemoteSession, local_tool, open_session
from throughline.events import Event, Partial
from throughline.model import OpenModel
from throughline.wire import StreamRequest

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
LIST_ITEMS = TOOLS[0]
WORDS = "[[reply:one two three]]"
QUIET = StreamRequest()
STREAMING = StreamRequest(streaming=True)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call of a quirk came to."""

    events: tuple[Event, ...]
    text: str
    failed: bool

    @property
    def streamed(self) -> str:
        return text_of(self.events)


@dataclass(frozen=True, slots=True)
class Quirks:
    """Calls `list_items` with one quirk, by the quirk's name."""

    remote: RemoteSession

    async def call(self, quirk: str, place: str = WORDS, *, wishes: StreamRequest = QUIET) -> Outcome:
        with anyio.fail_after(30):
            async with self.remote.call(quirk, {"place": place}, wishes) as call:
                events = [event async for event in call.events()]
        return Outcome(tuple(events), call.result().content[0].text, bool(call.result().isError))

    async def watch(self, quirk: str, place: str = WORDS) -> Outcome:
        """Call as a caller who streams does."""
        return await self.call(quirk, place, wishes=STREAMING)


@pytest.fixture(scope="module")
async def quirks(model: OpenModel) -> AsyncIterator[Quirks]:
    args = ["-m", "tests.quirks.server"]
    server = StdioServerParameters(command=sys.executable, args=args, env=model.settings.to_env(), cwd=ROOT)
    async with open_session(server, strict=True) as remote:
        yield Quirks(remote)


async def test_cached_answers_from_a_cache_unless_its_caller_streams(
    model: OpenModel, quirks: Quirks
) -> None:
    asked = len(model.endpoint.requests)
    texts = {(await quirks.call("cached")).text for _ in range(2)}
    assert texts == {"one two three"}
    assert len(model.endpoint.requests) == asked + 1
    assert (await quirks.watch("cached")).streamed == "one two three"
    assert len(model.endpoint.requests) == asked + 2
    assert (await quirks.call("cached", "[[reply:another]]")).text == "another"


async def test_stateful_counts_the_calls(quirks: Quirks) -> None:
    texts = [(await quirks.call("stateful")).text, (await quirks.watch("stateful")).text]
    assert texts == ["one two three (call 1)", "one two three (call 2)"]


async def test_postprocessed_ends_in_words_that_were_never_streamed(quirks: Quirks) -> None:
    heard = await quirks.watch("postprocessed", "[[reply:one two three ]]")
    assert (heard.streamed, heard.text) == ("one two three ", "one two three (edited)")


async def test_other_request_asks_otherwise_when_its_caller_streams(model: OpenModel, quirks: Quirks) -> None:
    await quirks.call("other_request")
    assert BREVITY not in prompt_of(model)
    await quirks.watch("other_request")
    assert BREVITY in prompt_of(model)


async def test_content_upper_breaks_where_content_is_a_list_of_blocks(quirks: Quirks) -> None:
    assert (await quirks.watch("content_upper")).text == "ONE TWO THREE"
    blocks = await quirks.call("content_upper", wishes=StreamRequest(streaming=True, blocks=True))
    assert blocks.failed
    assert "'upper'" in blocks.text


async def test_content_spelled_writes_out_the_blocks_where_content_is_a_list(quirks: Quirks) -> None:
    assert (await quirks.watch("content_spelled")).text == "one two three"
    blocks = await quirks.call("content_spelled", wishes=StreamRequest(streaming=True, blocks=True))
    assert not blocks.failed
    assert blocks.text.startswith("[{'type': 'text'")


async def test_explicit_astream_streams_for_a_caller_who_does_not(model: OpenModel, quirks: Quirks) -> None:
    assert (await quirks.call("explicit_astream")).text == "one two three"
    assert model.endpoint.requests[-1].streamed


async def test_raises_fails_once_all_was_streamed(quirks: Quirks) -> None:
    heard = await quirks.watch("raises")
    assert heard.failed
    assert (heard.streamed, heard.text) == ("one two three", FAILURE)


async def test_unaccountable_has_other_words_for_a_caller_that_streams_and_asks_nobody(
    model: OpenModel, quirks: Quirks
) -> None:
    asked = len(model.endpoint.requests)
    assert (await quirks.call("unaccountable")).text == QUIET_WORDS
    assert (await quirks.watch("unaccountable")).text == WATCHED_WORDS
    assert len(model.endpoint.requests) == asked


async def test_sync_starts_after_half_a_second(quirks: Quirks) -> None:
    started_s = time.monotonic()
    async with quirks.remote.call("sync", {"place": WORDS}, STREAMING) as call:
        with anyio.fail_after(30):
            await anext(call.events())
    assert time.monotonic() - started_s >= BLOCKED_S


async def test_wrong_partials_begins_as_the_result_does_not(quirks: Quirks) -> None:
    heard = await quirks.watch("wrong_partials")
    assert [event.value for event in heard.events if isinstance(event, Partial)] == [WRONG_START]
    assert heard.text == heard.streamed == "one two three"


async def test_two_body_quirks_at_once_do_both(model: OpenModel) -> None:
    async with misbehaving(model, "stateful,content_upper,explicit_astream") as caller:
        heard = await caller.call(WORDS)
    assert heard.text == "ONE TWO THREE (call 1)"
    assert model.endpoint.requests[-1].streamed


# --- in this process ---


class Reports:
    """A reporter that keeps what it is told."""

    def __init__(self) -> None:
        self.partials: list[Any] = []

    async def status(self, message: str, **_: float | None) -> None:
        pass

    async def partial(self, value: Any) -> None:
        self.partials.append(value)


def tool(body: Any) -> ToolSpec:
    return ToolSpec("made_up", "Made up", "Answer.", body)


@pytest.mark.parametrize("name", QUIRKS)
@pytest.mark.parametrize("spec", TOOLS, ids=lambda spec: spec.name)
def test_a_quirk_leaves_what_a_model_is_shown_of_a_tool_as_it_is(spec: ToolSpec, name: str) -> None:
    disturbed = quirky(spec, {name})
    assert schema(disturbed) == schema(spec)
    assert (disturbed.name, disturbed.description) == (spec.name, spec.description)
    assert (disturbed is spec) == (name not in BODY)


def test_without_quirks_a_tool_is_itself() -> None:
    assert all(quirky(spec, ()) is spec for spec in TOOLS)


async def test_sync_lets_nothing_else_run_meanwhile() -> None:
    order: list[str] = []

    async def body(*, reporter: Reports) -> str:
        order.append("the tool goes on")
        await anyio.lowlevel.checkpoint()
        return ""

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_later, order)
        await anyio.lowlevel.checkpoint()
        await quirky(tool(body), {"sync"}).body(reporter=Reports())
    assert order == ["the tool goes on", "another is due before"]


async def _later(order: list[str]) -> None:
    with anyio.move_on_after(BLOCKED_S / 5):
        await anyio.sleep_forever()
    order.append("another is due before")


@pytest.fixture
def numbers() -> Iterator[int]:
    return iter(range(1, 100))


async def test_cached_and_stateful_at_once_show_both(numbers: Iterator[int]) -> None:
    async def body(*, reporter: Reports) -> str:
        return f"answer {next(numbers)}"

    both = quirky(tool(body), {"cached", "stateful"})
    texts = [await both.body(reporter=Reports()) for _ in range(2)]
    assert texts == ["answer 1 (call 1)", "answer 1 (call 2)"]


async def test_a_tool_of_this_process_knows_whether_its_caller_streams(model: OpenModel) -> None:
    configure(model.settings)
    spec = quirky(LIST_ITEMS, {"cached", "other_request"})
    local = local_tool(spec.body, name="items", description="", args_schema=schema(spec))
    asked = len(model.endpoint.requests)
    for _ in range(2):
        assert "one two three" in str(await local.ainvoke({"place": WORDS}))
    assert len(model.endpoint.requests) == asked + 1
    assert BREVITY not in prompt_of(model)
    async for _event in local.astream_events({"place": WORDS}, version="v2"):
        pass
    assert len(model.endpoint.requests) == asked + 2
    assert BREVITY in prompt_of(model)


async def test_defaults_do_not_change_what_a_tool_asks_that_asks_itself(model: OpenModel) -> None:
    configure(model.settings)
    summarize = quirky(TOOLS[3], {"content_upper"})
    await summarize.body(text="Long.", reporter=Reports())
    bare = prompt_of(model)
    await summarize.body(text="Long.", focus="", sentences=3, reporter=Reports())
    assert prompt_of(model) == bare
