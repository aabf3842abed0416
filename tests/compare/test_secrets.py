"""Secrets that a user names stand nowhere that is written or printed, though the server tells them all."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from client_demo.servers.naming import read_target
from client_demo.servers.target import Target, mask
from client_demo.text.redaction import REDACTED, Redactor
from client_demo.text.told_secrets import in_arguments, in_prompt
from tests.compare.test_cli import run

SERVER = Path(__file__).with_name("telling_server.py")
KEY = "t8Zk29slPq0vXw3T"
PEM = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"
UUID = "550e8400-e29b-41d4-a716-446655440000"

NAMED = {
    f"python srv.py --token {KEY}": KEY,
    f"python srv.py --api-key {KEY}": KEY,
    f"python srv.py -k {KEY}": KEY,
    f"python srv.py {KEY}": KEY,
    "python srv.py --password hunter": "hunter",
    "python srv.py --password=hunter": "hunter",
    "python srv.py --db-pass 'two words'": "two words",
    "env API_KEY=hunter python srv.py": "hunter",
    "docker run -e GITHUB_PERSONAL_ACCESS_TOKEN=hunter ghcr.io/x/y": "hunter",
    "sh -c 'PGPASSWORD=hunter exec srv'": "hunter",
    "srv -H 'Authorization: Bearer hunter'": "hunter",
    "srv --header X-API-Key:hunter": "hunter",
    "srv --header=X-API-Key:hunter": "hunter",
    "srv --header 'Cookie: sid=hunter; theme=dark'": "hunter",
    "npx mcp-remote https://x.example/mcp --header 'Authorization:${HUNTER}'": "${HUNTER}",
    "curl -u me:hunter https://x.example": "hunter",
    "srv --basic-auth me:hunter": "hunter",
    "srv --connection 'Server=db;User=sa;Password=hunter;'": "hunter",
    """srv --config '{"apiKey": "hunter"}'""": "hunter",
    "srv postgres://me:hunter@db/x": "hunter",
    "srv https://x.example/?token=hunter": "hunter",
    "http://me:hunter@x.example/mcp": "hunter",
    "https://hunter@x.example/mcp": "hunter",
    "https://x.example/mcp?config=%7B%22apiKey%22%3A%22hunter%22%7D": "hunter",
    "https://x.example/mcp?token=hunter&x=1": "hunter",
    "https://x.example/mcp?x=1#access_token=hunter": "hunter",
    f"https://x.example/mcp?profile={KEY}": KEY,
    "https://x.example/mcp?key=a%2Bb%2Fc": "a+b/c",
    "https://x.example/mcp/sk-abcdefgh/sse": "sk-abcdefgh",
    f"https://x.example/s/{KEY}/mcp": KEY,
    f"https://x.example/s/{UUID}": UUID,
}


@pytest.mark.parametrize(("given", "secret"), NAMED.items())
def test_a_secret_in_the_name_of_a_server_is_not_shown_and_is_known_where_it_is_told(
    given: str, secret: str
) -> None:
    target = read_target(given, env={})
    assert secret not in target.title
    assert secret not in mask(given)
    assert Redactor(target.secrets).text(f"it was {secret}.") == f"it was {REDACTED}."


@pytest.mark.parametrize("given", ["srv --password abc --verbose", "https://x.example/mcp?pass=abc"])
def test_a_secret_too_short_to_look_for_is_still_left_out_by_its_name(given: str) -> None:
    target = read_target(given, env={})
    assert "abc" not in target.title
    assert Redactor(target.secrets).text("abc") == "abc"


ORDINARY = (
    "weather-server --port 8080 --name weather --log-level debug --max-tokens 4096 --token-limit 900",
    "node srv.js --auth none --no-auth srv2.py --auth-mode oauth --key-file keys/a.pem --tokenizer gpt2",
    "env LOG_LEVEL=debug TOKENIZERS_PARALLELISM=false AUTHOR=somebody python srv.py --monkey banana",
    "npx -y @modelcontextprotocol/server-everything",
    "uvx --from git+https://github.com/a/b@v1.2.3 srv --model Qwen2.5-0.5B-Instruct-GGUF",
    "docker run -i --rm -p 8080:80 -v /data:/data ghcr.io/x/y:1.2",
    "https://mcp.example.com/v1/weather/server-name?units=metric&city=Oslo",
)


@pytest.mark.parametrize("given", ORDINARY)
def test_ordinary_words_of_a_command_are_no_secrets(given: str) -> None:
    target = read_target(given, env={})
    assert target.secrets == ()
    assert target.title == given.partition("?")[0] == mask(given).partition("?")[0]


def test_ordinary_settings_are_no_secrets_and_a_recording_stays_readable() -> None:
    env = {"LOG_LEVEL": "debug", "AUTH_MODE": "disabled", "API_KEY": "none", "PASS_THROUGH": "bedroom"}
    headers = {"Accept": "application/json, text/event-stream", "X-Auth": "true", "X-Token": "messages"}
    text = " ".join((*env.values(), *headers.values()))
    assert Redactor(Target("x", env=env, headers=headers).secrets).text(text) == text


def test_a_secret_that_is_a_word_of_everyday_is_left_out_as_a_word_alone() -> None:
    redactor = Redactor(Target("x", env={"MY_PASSWORD": "room"}).secrets)
    assert redactor.text("a room, a bedroom") == f"a {REDACTED}, a bedroom"
    assert redactor.value([{"text": "room"}, {"text": "roo"}]) == [{"text": REDACTED}, {"text": "roo"}]


def test_of_two_secrets_the_one_that_holds_the_other_goes_first() -> None:
    assert Redactor(("Qz81abcd", "Qz81abcdEFGH2")).text("Qz81abcdEFGH2") == REDACTED


def test_the_arguments_of_a_call_are_secret_by_their_names_and_ordinary_keys_are_not() -> None:
    args = {
        "password": "hunter",
        "key": "colour",
        "sort_key": "name",
        "token": KEY,
        "db": {"dbPassword": "abcd"},
    }
    told = Redactor(in_arguments(args)).value({**args, "echo": f"hunter colour {KEY} abcd"})
    assert told["echo"] == f"{REDACTED} colour {REDACTED} {REDACTED}"
    assert (told["key"], told["sort_key"]) == ("colour", "name")


def test_a_prompt_names_its_passwords_and_prose_about_them_stays() -> None:
    redactor = Redactor(in_prompt("my password: hunter. The api key is Zq7vXw2p, at db://me:pgpass@h/x"))
    assert redactor.text("hunter, Zq7vXw2p, pgpass") == ", ".join([REDACTED] * 3)
    assert list(in_prompt("The password is the word that opens the door. The secret: practice.")) == []


def test_who_keeps_things_by_their_secrets_keeps_them_from_a_recording() -> None:
    assert Redactor((KEY,)).value({"sessions": {KEY: 1}}) == {"sessions": {REDACTED: 1}}


COMMAND = {
    "command": sys.executable,
    "args": [str(SERVER), "-k", KEY, "--password", "openSesame", "--header", "X-API-Key:headerling"],
    "env": {
        "MY_TOKEN": "plainword",
        "LOG_LEVEL": "debug",
        "DB": "postgres://me:pgpassw@db/x",
        "HF": "hf_abcdefghijklmnop",
        "AUTH": "Basic bWU6a2l0dGVuaXNo",
        "GOOGLE_CREDENTIALS": json.dumps(
            {"private_key": f"-----BEGIN PRIVATE KEY-----\n{PEM}\n{PEM[::-1]}\n-----END"}
        ),
    },
}
REMOTE = {
    "url": "http://user:pw_SECRETpw@127.0.0.1:{port}/mcp?api_key=querying&x=1&profile=abc%2Bdef9Gh1jKlMn0pQ",
    "headers": {"X-API-Key": "XSECRETkey", "Cookie": "sid=cookiemonster; theme=dark"},
}
SETUPS = {
    "a command": (
        COMMAND,
        ["--tool", "tell", "--args", '{"note": "debug", "login": {"password": "kitten"}}'],
        [KEY, "openSesame", "headerling", "plainword", "pgpassw", "hf_abcdef", "kitten", PEM, PEM[::-1]],
    ),
    "a command that fails": (
        COMMAND,
        ["--tool", "fail", "--args", "{}"],
        [KEY, "openSesame", "headerling", "plainword", "pgpassw", "hf_abcdef", "bWU6a2l0", PEM],
    ),
    "a URL": (
        REMOTE,
        ["--tool", "tell", 'My password: hunterling. [[call:tell {"note": "hunterling"}]]'],
        ["hunterling", "SECRET", "querying", "def9Gh1jKlMn0pQ", "cookiemonster", "dXNlcjpwd19TRUNSRVRwdw"],
    ),
}


@pytest.fixture
def port() -> Iterator[int]:
    with subprocess.Popen([sys.executable, SERVER, "--http"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def outputs(folder: Path) -> dict[str, str]:
    """All that was written, by its name, unpacked."""
    packed = {one.name: gzip.decompress(one.read_bytes()).decode() for one in folder.glob("*.gz")}
    return packed | {one.name: one.read_text() for one in folder.iterdir() if one.name not in packed}


@pytest.mark.parametrize("setup", SETUPS)
def test_no_secret_that_a_server_tells_stands_in_any_output(setup: str, port: int, tmp_path: Path) -> None:
    entry, options, secrets = SETUPS[setup]
    config, out = tmp_path / "servers.json", tmp_path / "out"
    config.write_text(json.dumps({"mcpServers": {"telling": entry}}).replace("{port}", str(port)))
    out.mkdir()
    files = [f"--{kind}={out}/page.{kind}" for kind in ("json", "html", "md", "junit", "svg")]
    record = [
        "--record",
        f"{out}/runs.jsonl.gz",
        "--placements",
        "held,bridged",
        "--paths",
        "ainvoke,events:v3",
    ]
    done = run("compare", "--model", "scripted?pace_ms=0", "--server", str(config), *options, *files, *record)
    (out / "unpacked.jsonl").write_bytes(gzip.decompress((out / "runs.jsonl.gz").read_bytes()))
    shown = (
        run("report", f"{out}/unpacked.jsonl"),
        run("diff", f"{out}/runs.jsonl.gz#1", f"{out}/runs.jsonl.gz#2"),
    )
    called = options[: 4 if "--args" in options else 2]
    doctor = run("doctor", str(config), *called, "--json", f"{out}/doctor.json")
    printed = {f"printed {n}": one.stdout + one.stderr for n, one in enumerate((done, doctor, *shown))}
    told = outputs(out) | printed
    assert len(told) == len(files) + 7, done.stderr
    assert {(name, one) for name, text in told.items() for one in secrets if one in text} == set()
    assert REDACTED in told["runs.jsonl.gz"], "it was told"
    assert any(word in told["runs.jsonl.gz"] for word in ("debug", "theme=dark", "x=1")), (
        "and the rest is there"
    )


def test_a_server_that_ends_with_its_own_command_line_on_stderr_tells_no_secret() -> None:
    ends = "import sys; sys.exit(' '.join(sys.argv))"
    done = run("compare", "--model", "scripted", "--server", f'python -c "{ends}" --token {KEY}')
    assert done.returncode == 4
    assert "[redacted]" in done.stderr
    assert KEY not in done.stderr + done.stdout
