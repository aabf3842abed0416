"""The comparison over real HTTP and real stdio: what each placement keeps and loses, on which path."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

import anyio
import pytest

from client_demo.errors import UnknownName
from client_demo.experiment.compare import Plan, compare, equal_to_local, schedule
from client_demo.experiment.runs import Cell, Run, Tap
from client_demo.paths import PATHS, Seen
from client_demo.placements import PLACEMENTS, placement_named
from client_demo.report.json import document
from client_demo.servers.target import Target
from tests.report.made import story
from throughline.errors import ServerUnavailable
from throughline.model import OpenModel, open_model
from throughline.model.errors import KeyRefused, ModelUnknown
from throughline.model.records import RequestRecord

pytestmark = pytest.mark.anyio

ALL_PATHS = tuple(path.name for path in PATHS)
ASYNC_PATHS = tuple(path for path in ALL_PATHS if path != "invoke")
WITH_TOKENS = ("astream:messages", "astream:messages+tools+updates", "events:v2", "events:v3")
WITHOUT = tuple(path for path in ASYNC_PATHS if path not in WITH_TOKENS)
EVERYWHERE = tuple(placement.name for placement in PLACEMENTS)
FEW = ("ainvoke", "astream:messages", "events:v2")


def plan_of(placements: Sequence[str], paths: Sequence[str] = ALL_PATHS, *, tool: str = "list_items") -> Plan:
    return Plan("What items are in the bedroom?", tool, tuple(placements), tuple(paths), timeout_s=60)


async def compared(plan: Plan, model: OpenModel) -> dict[tuple[str, str], Run]:
    with anyio.fail_after(110):
        runs = await compare(plan, model)
    return {(run.cell.placement, run.cell.path): run for run in runs}


Runs = dict[tuple[str, str], Run]


@pytest.fixture(scope="module")
async def listed(scripted: OpenModel) -> Runs:
    """list_items on every path, in the placements that hold a session or need none."""
    return await compared(plan_of(("local", "held", "bridged")), scripted)


@pytest.fixture(scope="module")
async def asked(scripted: OpenModel) -> Runs:
    """ask, which streams whoever listens, on a few paths in every placement."""
    return await compared(plan_of(EVERYWHERE, FEW, tool="ask"), scripted)


@pytest.mark.parametrize("path", ASYNC_PATHS)
async def test_every_path_has_an_answer_and_one_call_of_the_tool(listed: Runs, path: str) -> None:
    run = listed["local", path]
    assert run.status == "ok"
    assert run.answer is not None
    assert run.answer.startswith("The tool says: ")
    assert [(call.name, call.args, call.status) for call in run.tool_calls] == [
        ("list_items", {"place": "bedroom"}, "ok")
    ]


@pytest.mark.parametrize("placement", ["local", "held", "bridged"])
async def test_invoke_is_told_as_unsupported_with_the_way_out(listed: Runs, placement: str) -> None:
    run = listed[placement, "invoke"]
    assert run.status == "unsupported"
    assert run.error == "invoke cannot run an async-only tool: call the agent with ainvoke or astream."


@pytest.mark.parametrize("path", ASYNC_PATHS)
async def test_bridged_is_equal_to_local_on(listed: Runs, path: str) -> None:
    assert equal_to_local(listed.values())["bridged"][path]


@pytest.mark.parametrize("path", ASYNC_PATHS)
async def test_bridged_asks_the_provider_as_local_does_on(listed: Runs, path: str) -> None:
    assert listed["bridged", path].provider == listed["local", path].provider


@pytest.mark.parametrize("path", WITH_TOKENS)
@pytest.mark.parametrize("placement", ["local", "bridged"])
async def test_every_token_of_the_tool_is_seen_on(listed: Runs, placement: str, path: str) -> None:
    tokens = listed[placement, path].tool_tokens
    assert tokens.seen == tokens.emitted > 0
    assert (tokens.frames > 0) == (placement == "bridged")


@pytest.mark.parametrize("path", WITH_TOKENS)
async def test_held_is_silent_and_its_tool_is_not_asked_to_stream_on(listed: Runs, path: str) -> None:
    run = listed["held", path]
    assert (run.tool_tokens.seen, run.tool_tokens.emitted) == (0, 0)
    assert [one.streamed for one in run.provider if one.who == "tool"] == [False]
    assert not equal_to_local(listed.values())["held"][path]


@pytest.mark.parametrize("path", WITHOUT)
async def test_held_is_equal_where_no_path_would_show_a_token(listed: Runs, path: str) -> None:
    assert equal_to_local(listed.values())["held"][path]


@pytest.mark.parametrize("placement", ["adapters", "held"])
@pytest.mark.parametrize("path", ["astream:messages", "events:v2"])
async def test_tokens_that_a_plain_client_does_not_ask_for_never_leave_the_server(
    asked: Runs, placement: str, path: str
) -> None:
    tokens = asked[placement, path].tool_tokens
    assert tokens.emitted == asked["local", path].tool_tokens.emitted > 0
    assert tokens.seen == 0
    assert asked[placement, path].answer == asked["local", path].answer


@pytest.mark.parametrize("path", FEW)
async def test_a_tool_that_streams_by_itself_is_bridged_equal(asked: Runs, path: str) -> None:
    assert equal_to_local(asked.values())["bridged"][path]
    assert asked["bridged", path].tool_calls == asked["local", path].tool_calls


async def test_progress_on_a_held_session_arrives_and_is_dropped(scripted: OpenModel) -> None:
    runs = await compared(
        plan_of(("local", "held", "bridged"), ["astream:custom"], tool="tell_joke"), scripted
    )
    told = {placement: len(run.events) for (placement, _), run in runs.items()}
    assert told["local"] == told["bridged"] == 2
    assert told["held"] == 0
    assert runs["held", "astream:custom"].dropped >= 1


async def test_the_json_has_the_fields_of_its_schema_and_no_others(scripted: OpenModel, listed: Runs) -> None:
    plan = plan_of(("local", "held", "bridged"))
    told = json.loads(json.dumps(document(story(plan, list(listed.values()), scripted.settings))))
    assert list(told) == [
        *("schema", "throughline", "at", "prompt", "model", "placements", "paths", "repeat", "verdict"),
        *("gate", "runs", "probes", "equal_to_local", "findings", "differences", "overhead", "complete"),
    ]
    assert told["schema"] == "throughline.compare/1"
    assert told["model"] == {"kind": "scripted", "name": "scripted?pace_ms=0"}
    assert len(told["runs"]) == 3 * len(ALL_PATHS)
    run = next(
        run for run in told["runs"] if (run["placement"], run["path"]) == ("bridged", "astream:messages")
    )
    assert set(run) == {
        *("number", "placement", "path", "repeat", "status", "error", "seconds", "first_event_s"),
        *("first_tool_token_s", "first_answer_token_s", "tool_tokens", "provider", "tool_calls", "answer"),
    }
    assert set(run["tool_tokens"]) == {"emitted", "frames", "seen", "lanes"}
    assert set(run["tool_tokens"]["lanes"]) == {"messages", "tools", "custom", "events"}
    assert run["provider"][1] == {"who": "tool", "streamed": True, "usage": True}
    assert run["tool_calls"] == [{"name": "list_items", "args": {"place": "bedroom"}, "status": "ok"}]
    assert set(told["equal_to_local"]) == {"held", "bridged"}
    assert "invoke" not in told["equal_to_local"]["bridged"]


def test_the_schedule_is_the_product_and_turns_around_with_each_repeat() -> None:
    plan = replace(plan_of(("local", "bridged"), ["ainvoke", "events:v2"]), repeat=2)
    told = [(cell.path, cell.placement, cell.repeat) for cell in schedule(plan)]
    assert told == [
        ("ainvoke", "local", 1),
        ("ainvoke", "bridged", 1),
        ("events:v2", "local", 1),
        ("events:v2", "bridged", 1),
        ("events:v2", "bridged", 2),
        ("events:v2", "local", 2),
        ("ainvoke", "bridged", 2),
        ("ainvoke", "local", 2),
    ]


class Watching:
    """Notes what a watcher is told, in order."""

    def __init__(self, on_seen: Callable[[], None] = lambda: None) -> None:
        self.told: list[str] = []
        self._on_seen = on_seen

    def begins(self, cell: Cell, tap: Tap) -> None:
        self.told.append("begins")

    def saw(self, cell: Cell, seen: Seen) -> None:
        self.told.append("saw")
        self._on_seen()

    def ended(self, run: Run, requests: Sequence[RequestRecord]) -> None:
        self.told.append(f"ended {run.status} after {len(requests)} requests")


async def test_a_watcher_is_told_of_each_run_as_it_goes(scripted: OpenModel) -> None:
    watching = Watching()
    await compare(plan_of(["local"], ["astream:updates"]), scripted, watchers=[watching])
    warm_up, run = watching.told[:3], watching.told[3:]
    assert warm_up == ["begins", "saw", "ended ok after 3 requests"]
    assert run == ["begins", "saw", "saw", "saw", "ended ok after 3 requests"]


@pytest.mark.parametrize("path", ["ainvoke", "astream:messages", "events:v2", "events:v3"])
async def test_a_run_that_takes_too_long_is_stopped_and_told(path: str) -> None:
    slow = "scripted?pace_ms=0&fault=slow_first_token&slow_ms=60000&who=tool"
    async with open_model(slow, env={}) as model:
        plan = replace(plan_of(["local"], [path]), timeout_s=1.0)
        with anyio.fail_after(30):
            (run,) = await compare(plan, model)
            await model.endpoint.wait_for(lambda all_: all(one.ended_s is not None for one in all_))
    assert run.status == "error"
    assert run.error is not None
    assert run.error.startswith(f"The run local / {path} was not done within 1 s: raise --timeout, or")


async def test_an_error_of_the_model_is_the_runs_own(scripted: OpenModel) -> None:
    async with open_model("scripted?pace_ms=0&fault=error&who=agent", env={}) as model:
        (run,) = await compare(plan_of(["local"], ["ainvoke"]), model)
    assert run.status == "error"
    assert run.error is not None
    assert run.error.startswith("The model endpoint answered with an error (HTTP 500)")


async def test_a_refused_key_ends_the_comparison(scripted: OpenModel) -> None:
    wrong = replace(scripted, settings=replace(scripted.settings, api_key="wrong"))
    with pytest.raises(KeyRefused, match="check OPENAI_API_KEY"):
        await compare(plan_of(["local"], ASYNC_PATHS), wrong)


async def test_an_unknown_model_ends_the_comparison_with_those_there_are(scripted: OpenModel) -> None:
    wrong = replace(scripted, settings=replace(scripted.settings, model="gpt-0"))
    with pytest.raises(ModelUnknown, match="has no model 'gpt-0'"):
        await compare(plan_of(["local", "held", "bridged"], ASYNC_PATHS), wrong)


@pytest.mark.parametrize("placement", ["adapters", "held", "bridged"])
async def test_a_server_that_dies_at_start_is_told_in_a_sentence(scripted: OpenModel, placement: str) -> None:
    dying = Target("dying", command=(sys.executable, "-c", "raise SystemExit(3)"))
    with (
        anyio.fail_after(30),
        pytest.raises(ServerUnavailable, match="it ended before it answered"),
    ):
        await compare(replace(plan_of([placement], ["ainvoke"]), server=dying), scripted)


@pytest.mark.parametrize("placement", ["adapters", "held", "bridged"])
async def test_a_server_command_that_is_not_there_is_told_in_a_sentence(
    scripted: OpenModel, placement: str
) -> None:
    there = Target("missing", command=("throughline-no-such-command",))
    missing = replace(plan_of([placement], ["ainvoke"]), server=there)
    with anyio.fail_after(30), pytest.raises(ServerUnavailable, match="No such file or directory"):
        await compare(missing, scripted)


def test_an_unknown_placement_is_told_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'bridged'"):
        placement_named("bridge")
