"""Bad input gets a sentence: what was wrong, and what to do; the server lives on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.server.harness import connected
from throughline.errors import EXIT_USAGE
from throughline.model import OpenModel

pytestmark = pytest.mark.anyio

NO_MODEL = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}


REFUSALS: list[tuple[str, dict[str, object], str]] = [
    ("list_items", {}, "'place' is missing"),
    ("list_items", {"plase": "attic"}, "'place' is missing (given was 'plase')"),
    ("list_items", {"place": ""}, "'place' must not be empty"),
    ("ask", {"prompt": " \n "}, "'prompt' must not be empty"),
    ("ask", {"prompt": 7}, "'prompt' must be a string, not 7"),
    ("ask", {"prompt": "hi", "max_tokens": "many"}, "'max_tokens' must be an integer, not 'many'"),
    ("ask", {"prompt": "hi", "max_tokens": 0}, "'max_tokens' must be greater than or equal to 1, not 0"),
    ("tell_joke", {"topic": "x" * 3_000}, "'topic' has 3,000 characters and at most 2,000 fit"),
    ("tell_jok", {"topic": "x"}, "did you mean 'tell_joke'"),
    ("launch", {}, "this server has list_items, ask, tell_joke, summarize"),
]


async def test_a_call_that_does_not_fit_gets_one_sentence_and_the_session_goes_on() -> None:
    async with connected(NO_MODEL) as client:
        said = [await client.refusal(tool, **arguments) for tool, arguments, _ in REFUSALS]
        await client.session.send_ping()
    for sentence, (_, _, words) in zip(said, REFUSALS, strict=True):
        assert words in sentence
        assert "\n" not in sentence
        assert "pydantic" not in sentence
        assert len(sentence) < 250


async def test_arguments_that_a_tool_does_not_know_are_let_through(scripted: OpenModel) -> None:
    async with connected(scripted.settings.to_env()) as client:
        assert await client.text("ask", prompt="[[reply:yes]]", session_id="added by the host") == "yes"


async def test_an_endpoint_that_is_not_there_is_named_in_the_result() -> None:
    async with connected(NO_MODEL) as client:
        sentence = await client.refusal("list_items", place="attic")
        await client.session.send_ping()
    assert "http://127.0.0.1:9/v1" in sentence
    assert "OPENAI_BASE_URL" in sentence


async def test_a_refused_key_is_named_in_the_result_and_not_shown(scripted: OpenModel) -> None:
    env = {**scripted.settings.to_env(), "OPENAI_API_KEY": "sk-wrong-1234"}
    async with connected(env) as client:
        sentence = await client.refusal("ask", prompt="hi")
    assert "OPENAI_API_KEY" in sentence
    assert "sk-wrong" not in sentence


async def test_a_model_that_the_endpoint_does_not_have_is_named_in_the_result(scripted: OpenModel) -> None:
    async with connected({**scripted.settings.to_env(), "OPENAI_MODEL": "gpt-none"}) as client:
        sentence = await client.refusal("list_items", place="attic")
    assert "'gpt-none'" in sentence
    assert "OPENAI_MODEL" in sentence


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("stop_midway", "did not finish its answer"),
        ("error_midway", "in mid-stream"),
        ("invalid_json", "is not JSON"),
    ],
)
async def test_an_answer_that_breaks_off_is_an_error_in_a_sentence(
    scripted: OpenModel, fault: str, words: str
) -> None:
    env = {**scripted.settings.to_env(), "OPENAI_MODEL": f"scripted?pace_ms=0&fault={fault}"}
    async with connected(env) as client:
        sentence = await client.refusal("ask", prompt="[[tokens:20]]")
        await client.session.send_ping()
    assert words in sentence
    assert "\n" not in sentence


async def test_one_failing_section_speaks_for_a_whole_summary(scripted: OpenModel) -> None:
    env = {**scripted.settings.to_env(), "OPENAI_MODEL": "scripted?fault=error"}
    async with connected(env) as client:
        sentence = await client.refusal("summarize", text="Words. " * 3_000)
    assert "TaskGroup" not in sentence
    assert "500" in sentence


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--model", "embeded"], "did you mean 'embedded'"),
        (["--model", "scripted?pace=1"], "did you mean 'pace_ms'"),
        (["--model", "configured"], "set OPENAI_API_KEY"),
        (["--log-level", "loud"], "--log-level"),
        (["--env-file", "nowhere.env"], "nowhere.env"),
        (["serve"], "serve"),
    ],
)
def test_a_wrong_option_ends_with_a_sentence_and_the_code_of_usage(
    args: list[str], words: str, tmp_path: Path
) -> None:
    done = run(args, tmp_path)
    assert done.returncode == EXIT_USAGE
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_settings_that_cannot_be_used_are_refused_at_the_start(tmp_path: Path) -> None:
    done = run([], tmp_path, {"OPENAI_BASE_URL": "not an address"})
    assert done.returncode == EXIT_USAGE
    assert "OPENAI_BASE_URL" in done.stderr


def test_help_says_what_it_is_and_what_to_type_next(tmp_path: Path) -> None:
    done = run(["--help"], tmp_path)
    assert done.returncode == 0
    assert all(word in done.stdout for word in ("MCP", "install", "--model", "THROUGHLINE_SEND_PROMPTS"))


def run(args: list[str], cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mcp_server", *args]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, cwd=cwd, env=env or {}, input=""
    )
