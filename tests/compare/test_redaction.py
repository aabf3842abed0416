"""Secrets stay out of recordings: by their names, by their looks, in pieces, and from a server that tells."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import anyio
import pytest
from anyio.streams.buffered import BufferedByteReceiveStream

from client_demo.experiment.compare import Plan, compare
from client_demo.recording.collect import collecting
from client_demo.recording.record import Recorder, read_evidence, recording
from client_demo.servers.target import Target
from client_demo.text.redaction import REDACTED, Redactor, redacted, without_keys
from throughline.model import OpenModel, open_model

pytestmark = pytest.mark.anyio

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
SECRET = "Zq7vXw2pLk9sT4bN"

LEAKS = [
    f"Authorization: Bearer {SECRET}",
    f"AUTHORIZATION: BEARER {SECRET}",
    f"authorization: Token {SECRET}",
    f"{{'authorization': 'Token {SECRET}'}}",
    f"{{b'authorization': b'{SECRET}'}}",
    json.dumps({"headers": {"X-Api-Key": SECRET}}),
    json.dumps(json.dumps({"headers": {"x-api-key": SECRET}})),
    f"x-api-key: {SECRET}",
    f"Set-Cookie: session={SECRET}; Path=/",
    f"OPENAI_API_KEY={SECRET}",
    f"https://example.com/mcp?access_token={SECRET}&x=1",
    f"https://example.com/mcp?key={SECRET}",
    f"https://me:{SECRET}@example.com/mcp",
    f"client_secret={SECRET}&grant_type=client_credentials",
    f"postgres://me:{SECRET}@db/x",
    f"sk-proj-{SECRET}",
    f"sk-ant-api03-{SECRET}",
    f"sk_live_{SECRET}",
    f"hf_{SECRET}",
    f"glpat-{SECRET}",
    f"AKIA{SECRET}",
    f"AIza{SECRET}",
    f"xoxb-123-{SECRET}",
    f"https://hooks.slack.com/services/T0/B0/{SECRET}",
    f"aws_secret_access_key = {SECRET}",
    f"Cookie: theme=dark; sid={SECRET}",
    f"redis://:{SECRET}@db/0",
    f"basic {SECRET}==",
    f"ghp_{SECRET}",
    f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
    f"eyJhbGciOiJIUzI1NiJ9.{SECRET}.{SECRET}.{SECRET}.{SECRET}",
]


@pytest.mark.parametrize("text", LEAKS)
def test_a_secret_in_a_text_is_known_by_its_looks(text: str) -> None:
    assert SECRET not in without_keys(f"It says: {text} and so on.")
    assert SECRET not in json.dumps(redacted({"content": [{"type": "text", "text": text}]}))


@pytest.mark.parametrize(
    "text",
    [
        "The secret: practice. A cookie: sweet. Authors: many. Basic understanding of a bearer.",
        "Basic Authentication, Basic JavaScript; http://127.0.0.1:80/a, me@x.example; task-lists",
        "What items are in the bedroom? The password is the word that opens the door; tokens: 12",
        '{"progressToken": "4294967296", "max_tokens": 12, "token": "Why "}',
        "risk-free desk-lamps, http://127.0.0.1:8000/mcp, and 12:30 o'clock",
    ],
)
def test_what_is_no_secret_stays_as_it_is(text: str) -> None:
    assert without_keys(text) == text


def test_a_secret_is_known_by_the_name_of_its_field() -> None:
    told = redacted(
        {"password": "x", "Api-Key": ["y"], "clientSecret": {"a": "z"}, "token": SECRET, "id_token": 5}
    )
    assert told == dict.fromkeys(("password", "Api-Key", "clientSecret", "token", "id_token"), REDACTED)
    assert redacted({"DB_PASSWORD": "x", "githubAccessToken": "y"}) == dict.fromkeys(
        ("DB_PASSWORD", "githubAccessToken"), REDACTED
    )
    kept = {"nextPageToken": SECRET, "cache_key": SECRET, "max_tokens": 5}
    assert redacted(kept) == kept
    kept = {"token": "Why ", "progressToken": 7, "secret": None, "password": {"type": "string"}}
    assert redacted(kept) == kept


def test_a_secret_that_was_seen_once_is_known_in_pieces() -> None:
    redactor = Redactor()
    redactor.value({"prompt": f"my key is sk-{SECRET}"})
    told = redactor.value([{"text": one} for one in ("Your ", "key", " Zq7v", "Xw2pLk", "9sT4bN", ".")])
    said = "".join(one["text"] for one in told)
    assert said.replace(REDACTED, "") == "Your key ."
    assert redactor.value({"bare": SECRET}) == {"bare": REDACTED}


def test_the_secrets_of_a_server_are_those_of_its_variables_and_headers() -> None:
    env = {"GITHUB_PAT_TOKEN": SECRET, "LANG": "en_US.UTF-8-and-more", "AUTH_MODE": "disabled"}
    headers = {"Authorization": "Token Zz9yXw8vUt", "Accept": "application/json, text/event-stream"}
    assert Target("x", env=env, headers=headers).secrets == (
        SECRET,
        "Token Zz9yXw8vUt",
        "Token%20Zz9yXw8vUt",
        "Zz9yXw8vUt",
    )


async def test_the_key_behind_our_endpoint_is_left_out(tmp_path: Path) -> None:
    env = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "OPENAI_API_KEY": "plainlooking"}
    async with open_model("configured", env=env) as model:
        file = io.StringIO()
        Recorder(file, Plan("plainlooking", "ask", (), ()), model.settings)
        assert "plainlooking" not in file.getvalue() + repr(model) + json.dumps(model.settings.to_env())


TELLING = """
import contextlib, socket, uvicorn
from mcp.server.fastmcp import Context, FastMCP
server = FastMCP("telling")
@server.tool()
async def tell(credential: str, ctx: Context) -> str:
    headers = ctx.request_context.request.headers
    bare = headers["authorization"].split()[1]
    return f"{dict(headers)} {bare} {credential} {headers['authorization']}"
with socket.create_server(("127.0.0.1", 0)) as listening:
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(server.streamable_http_app(), log_level="critical")
    uvicorn.Server(config).run(sockets=[listening])
"""


async def test_a_server_that_tells_its_headers_and_arguments_leaves_no_secret(
    scripted: OpenModel, tmp_path: Path
) -> None:
    path = tmp_path / "runs.jsonl"
    async with await anyio.open_process([sys.executable, "-c", TELLING]) as process:
        assert process.stdout is not None
        try:
            with anyio.fail_after(100):
                port = await BufferedByteReceiveStream(process.stdout).receive_until(b"\n", 100)
                server = Target(
                    "telling",
                    url=f"http://127.0.0.1:{int(port)}/mcp",
                    headers={"Authorization": f"Bearer {SECRET}", "Cookie": f"session={SECRET[::-1]}"},
                )
                prompt = f"sk-{SECRET.lower()} [[call:tell {json.dumps({'credential': JWT})}]]"
                plan = Plan(prompt, "tell", ("held", "bridged"), ("astream:messages",), server=server)
                with recording(path, plan, scripted.settings) as recorder, collecting(recorder) as collector:
                    runs = await compare(plan, scripted, watchers=[collector], tapping=collector.tapped)
        finally:
            process.terminate()
    assert [run.status for run in runs] == ["ok", "ok"]
    assert SECRET in str(runs[0].conversation), "it was told"
    written = path.read_text()
    for secret in (SECRET, SECRET[::-1], SECRET.lower(), JWT, *JWT.split(".")):
        assert secret not in written
    assert len(read_evidence(path).runs) == 2
