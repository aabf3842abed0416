"""The pipe transport at the other end of plain pipes: what a client, a tool, or the system may do to it."""

from __future__ import annotations

import json
import os
import pty
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

import anyio
import pytest
from anyio.abc import Process

from tests.core.pipes import CLIENT, MUST_END_S, OPT_IN, ROOT, Raw, command, serving, started

pytestmark = pytest.mark.anyio


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "stderr"


# --- what a client may write; one server bears it all ---


@pytest.fixture(scope="module")
async def server(anyio_backend: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Raw]:
    async with serving(tmp_path_factory.mktemp("stdio") / "stderr") as raw:
        yield raw
        assert await raw.leave() == 0


def request(number: int, text: str) -> bytes:
    params = {"name": "echo", "arguments": {"text": text}}
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}).encode()


NOISE = {
    "not JSON": b"hello there",
    "half of JSON": b'{"jsonrpc": "2.0", "id": 1, "method":',
    "JSON that is no object": b"7",
    "JSON that is no message": b"{}",
    "a batch": b"[" + request(1, "a") + b"," + request(2, "b") + b"]",
    "bytes": bytes(number for number in range(256) if number != 10),
    "too deep": b"[" * 100_000,
}


@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE.keys())
async def test_noise_is_told_and_what_follows_is_served(server: Raw, noise: bytes) -> None:
    await server.write(noise + b"\n")
    told = await server.receive()
    assert (told["method"], told["params"]["level"]) == ("notifications/message", "error")
    await server.alive()


@pytest.mark.parametrize("nothing", [b"", b"   ", b"\t", b"\r"], ids=repr)
async def test_an_empty_line_is_nothing(server: Raw, nothing: bytes) -> None:
    await server.write(nothing + b"\n")
    await server.call(1, "echo", text="next")
    assert await server.answer(1) == ([], json.loads(server.lines[-1]))


async def test_bytes_that_are_no_text_inside_a_text_are_marked_and_served(server: Raw) -> None:
    await server.write(request(1, "a?b").replace(b"?", b"\xff") + b"\n")
    assert await server.text(1) == "a\ufffdb"


@pytest.mark.parametrize(
    ("sent", "heard"), [(r"a\ud83db", "a\ufffdb"), (r"\ud83d\ude42", "🙂"), (r"\udc00", "\ufffd")]
)
async def test_half_a_letter_in_an_argument_is_mended_and_the_call_answered(
    server: Raw, sent: str, heard: str
) -> None:
    await server.write(request(1, "HERE").replace(b"HERE", sent.encode()) + b"\n")
    assert await server.text(1) == heard


async def test_requests_that_make_no_sense_are_answered_with_an_error(server: Raw) -> None:
    await server.send("no/such/method", id=1)
    await server.send("tools/call", {"name": "echo", "arguments": 7}, id=2)
    errors = [(await server.answer(number))[1]["error"]["code"] for number in (1, 2)]
    assert errors == [-32602, -32602]
    await server.alive()


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("nope", {}, "nope"),
        ("echo", {}, "text"),
        ("echo", {"text": 7}, "text"),
        ("big", {"chars": "x"}, "chars"),
    ],
)
async def test_a_call_that_does_not_fit_is_an_error_of_its_own(
    server: Raw, tool: str, arguments: dict[str, Any], words: str
) -> None:
    await server.send("tools/call", {"name": tool, "arguments": arguments}, id=1)
    _, answer = await server.answer(1)
    assert answer["result"]["isError"]
    assert words in answer["result"]["content"][0]["text"]
    await server.alive()


async def test_a_message_may_come_in_pieces_and_several_at_once(server: Raw) -> None:
    whole = request(1, "a piece at a time") + b"\n"
    with anyio.fail_after(MUST_END_S):
        for position in range(0, len(whole), 10):
            await server.write(whole[position : position + 10])
        assert await server.text(1) == "a piece at a time"
        await server.write(b"\r\n".join([request(2, "two"), request(3, "three"), b""]))
        answers = [await server.receive() for _ in range(2)]
        assert {answer["id"]: answer["result"]["content"][0]["text"] for answer in answers} == {
            2: "two",
            3: "three",
        }


async def test_ten_megabytes_come_in_and_go_out(server: Raw) -> None:
    size = 10_000_000
    await server.call(1, "echo", text="y" * size)
    assert await server.text(1) == "y" * size
    await server.call(2, "big", chars=size)
    assert await server.text(2) == "x" * size


async def test_what_prints_does_not_reach_the_wire(server: Raw) -> None:
    await server.call(1, "prints")
    assert await server.text(1) == "printed"
    await server.alive()
    for source in ("print", "sys.stdout", "a file descriptor", "C", "a child"):
        assert f"from {source}" in server.stderr()


async def test_who_reads_standard_input_finds_its_end_and_takes_nothing_away(server: Raw) -> None:
    await server.call(1, "reads")
    assert await server.text(1) == "''"
    await server.alive()


@pytest.mark.parametrize("meta", [None, {"progressToken": "t"}, OPT_IN], ids=["silent", "token", "opted in"])
async def test_half_a_letter_from_a_tool_is_mended(server: Raw, meta: dict[str, Any] | None) -> None:
    await server.call(1, "half", meta=meta)
    told, answer = await server.answer(1)
    assert answer["result"]["content"][0]["text"] == "result \ufffd"
    assert bool(told) == (meta is not None)
    await server.alive()


@pytest.mark.parametrize("meta", [{"progressToken": "t"}, OPT_IN], ids=["token", "opted in"])
async def test_numbers_that_json_does_not_have_stay_off_the_wire(server: Raw, meta: dict[str, Any]) -> None:
    await server.call(1, "odd_numbers", meta=meta)
    told, answer = await server.answer(1)
    assert answer["result"]["content"][0]["text"] == "odd"
    numbers = [message["params"]["progress"] for message in told]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("meta", [None, {"progressToken": "t"}, OPT_IN], ids=["silent", "token", "opted in"])
async def test_an_error_of_the_protocol_from_a_tool_keeps_its_words(
    server: Raw, meta: dict[str, Any] | None
) -> None:
    await server.call(1, "refuses", meta=meta)
    _, answer = await server.answer(1)
    assert "not like this" in json.dumps(answer)
    await server.alive()


async def test_two_requests_with_one_number_are_both_answered(server: Raw) -> None:
    await server.call(1, "echo", text="a")
    await server.call(1, "echo", text="b")
    assert {await server.text(1), await server.text(1)} == {"a", "b"}


async def test_a_cancelled_call_is_not_the_end_of_anything(server: Raw, tmp_path: Path) -> None:
    path = str(tmp_path / "told")
    await server.call(1, "waits", path=path, meta=OPT_IN)
    await server.receive()
    await server.send("notifications/cancelled", {"requestId": 1})
    _, answer = await server.answer(1)
    assert "cancelled" in answer["error"]["message"]
    await server.call(2, "cleaned", path=path)
    assert await server.text(2) == "cleaned up"


@pytest.mark.parametrize("meta", [{"progressToken": "t"}, OPT_IN], ids=["token", "opted in"])
async def test_a_tool_that_answers_after_it_was_cancelled_does_not_end_the_server(
    server: Raw, meta: dict[str, Any]
) -> None:
    await server.call(1, "stubborn", meta=meta)
    await server.receive()
    await server.send("notifications/cancelled", {"requestId": 1})
    _, answer = await server.answer(1)
    assert "cancelled" in answer["error"]["message"]
    await server.alive()


async def test_a_call_that_is_cancelled_in_the_same_breath_is_cancelled(server: Raw, tmp_path: Path) -> None:
    call = {"name": "waits", "arguments": {"path": str(tmp_path / "told")}}
    lines = [
        {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call},
        {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}},
    ]
    await server.write(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    _, answer = await server.answer(1)
    assert "cancelled" in answer["error"]["message"]
    await server.alive()


# --- how it ends ---


@pytest.mark.parametrize("meta", [None, {"progressToken": 1}])
async def test_a_call_that_did_not_opt_in_does_not_wait_for_langgraph(
    log: Path, meta: dict[str, Any] | None
) -> None:
    async with serving(log) as raw:
        await raw.call(1, "loaded", meta=meta)
        modules = json.loads(await raw.text(1))
        assert "langchain_core.runnables.config" in modules
        assert "langgraph.pregel" not in modules


async def test_a_call_before_the_greeting_is_refused(log: Path) -> None:
    async with started(log) as raw:
        await raw.call(1, "echo", text="too soon")
        _, answer = await raw.answer(1)
        assert answer["error"]["code"] == -32602
        await raw.initialize()
        await raw.alive()


async def test_a_line_without_an_end_is_dropped_and_not_gathered(log: Path) -> None:
    async with serving(log, "short-lines") as raw:
        await raw.write(b"x" * 1_000_000 + b"\n")
        await raw.call(1, "echo", text="next")
        assert await raw.text(1) == "next"


async def test_a_tool_that_leaves_takes_the_process_with_it_at_once(log: Path) -> None:
    async with serving(log) as raw:
        await raw.call(1, "leaves", code=3)
        assert await raw.end() == 3


async def waiting(raw: Raw, path: Path) -> None:
    await raw.call(1, "waits", path=str(path), meta={"progressToken": "t"})
    await raw.receive()  # it has begun


async def test_the_end_of_the_input_in_mid_call_ends_it_well(log: Path, tmp_path: Path) -> None:
    async with serving(log) as raw:
        await waiting(raw, tmp_path / "told")
        assert await raw.leave() == 0
    assert (tmp_path / "told").read_text() == "cleaned up"
    assert raw.stderr() == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_in_mid_call_lets_it_clean_up_and_is_the_exit_code(
    log: Path, tmp_path: Path, number: signal.Signals
) -> None:
    async with serving(log) as raw:
        await waiting(raw, tmp_path / "told")
        raw.process.send_signal(number)
        assert await raw.end() == 128 + number
    assert (tmp_path / "told").read_text() == "cleaned up"
    assert raw.stderr() == ""


@pytest.mark.parametrize("meta", [OPT_IN, {"progressToken": "t"}], ids=["opted in", "token"])
async def test_a_client_that_stops_reading_can_go_on_later(log: Path, meta: dict[str, Any]) -> None:
    pieces = 2000
    async with serving(log) as raw:
        await raw.call(1, "floods", pieces=pieces, meta=meta)
        await raw.call(2, "big", chars=300_000)
        with anyio.move_on_after(0.2):  # time in which the pipe fills up and nobody reads
            await anyio.Event().wait()
        told, answer = await raw.answer(1)
        assert answer["result"]["content"][0]["text"] == "flooded"
        frames = [
            message["params"]["_meta"]["throughline/frame"]
            for message in told
            if "_meta" in message.get("params", {})
        ]
        values = [int(event["value"]) for frame in frames for event in frame["events"]]
        assert values == (list(range(pieces)) if meta is OPT_IN else [])


async def test_a_client_that_stops_reading_does_not_keep_it_from_ending(log: Path) -> None:
    async with serving(log) as raw:
        await raw.call(1, "floods", pieces=100_000, meta=OPT_IN)
        await raw.receive()
        raw.process.send_signal(signal.SIGTERM)
        assert await raw.exit_code() == 128 + signal.SIGTERM


async def test_a_client_that_closes_its_end_ends_it(log: Path) -> None:
    async with serving(log) as raw:
        await raw.call(1, "floods", pieces=100_000, meta=OPT_IN)
        await raw.receive()
        assert raw.process.stdout is not None
        await raw.process.stdout.aclose()
        assert raw.process.stdin is not None
        await raw.process.stdin.aclose()
        assert await raw.exit_code() == 0
    assert "Traceback" not in raw.stderr()


# --- where it is started ---


async def test_an_input_that_is_nothing_is_an_end(log: Path) -> None:
    async with started(log, stdin=DEVNULL) as raw:
        assert await raw.end() == 0
    assert raw.lines == []
    assert raw.stderr() == ""


async def test_an_input_that_is_a_file_is_served(log: Path, tmp_path: Path) -> None:
    message = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": CLIENT}
    (tmp_path / "requests").write_text(json.dumps(message) + "\n")
    with (tmp_path / "requests").open() as requests:
        async with started(log, stdin=requests.fileno()) as raw:
            assert await raw.end() == 0
    assert [json.loads(line)["id"] for line in raw.lines] == [0]


async def test_an_output_that_is_a_file_is_served(log: Path, tmp_path: Path) -> None:
    message = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": CLIENT}
    with anyio.fail_after(MUST_END_S), (tmp_path / "answers").open("wb") as answers:
        done = await anyio.run_process(
            command(), input=json.dumps(message).encode() + b"\n", stdout=answers.fileno(), cwd=ROOT
        )
    assert done.returncode == 0
    assert json.loads((tmp_path / "answers").read_text())["id"] == 0


@contextmanager
def terminal() -> Iterator[tuple[int, int]]:
    """The two ends of a terminal: the one that a person sits at, and the one that a process has."""
    ends = pty.openpty()
    try:
        yield ends
    finally:
        for end in ends:
            os.close(end)


@asynccontextmanager
async def typed_to(person: int, process: int) -> AsyncIterator[Process]:
    """A server on a terminal, to which a person has typed a message that it has answered."""
    ping = b'{"jsonrpc": "2.0", "id": 0, "method": "ping"}\n'
    with anyio.fail_after(MUST_END_S):
        async with await anyio.open_process(
            command(), cwd=ROOT, stdin=process, stdout=process, stderr=process
        ) as server:
            os.write(person, ping)
            shown = b""
            while b'"result":{}' not in shown:
                await anyio.wait_readable(person)
                shown += os.read(person, 1 << 16)
            yield server


async def test_a_terminal_is_served_and_left_as_it_was() -> None:
    with terminal() as (person, process):
        async with typed_to(person, process) as server:
            os.write(person, b"\x04")  # Ctrl-D
            assert await server.wait() == 0
        assert os.get_blocking(process)


async def test_an_interrupt_from_the_keyboard_ends_it() -> None:
    with terminal() as (person, process):
        async with typed_to(person, process) as server:
            server.send_signal(signal.SIGINT)
            assert await server.wait() == 128 + signal.SIGINT
        assert os.get_blocking(process)


async def test_a_server_without_stderr_is_a_server(log: Path) -> None:
    with anyio.fail_after(MUST_END_S):
        line = json.dumps({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": CLIENT}) + "\n"
        shell = 'exec "$0" "$@" 2>&-'
        done = await anyio.run_process(["sh", "-c", shell, *command()], input=line.encode(), cwd=ROOT)
    assert json.loads(done.stdout)["id"] == 0


# --- the SDK's own transport, to fall back on ---


async def test_the_sdks_transport_serves_as_well(log: Path) -> None:
    async with serving(log, "sdk") as raw:
        await raw.call(1, "half", meta=OPT_IN)
        told, answer = await raw.answer(1)
        assert answer["result"]["content"][0]["text"] == "result \ufffd"
        assert [message["params"]["_meta"]["throughline/frame"]["seq"] for message in told] == list(
            range(1, len(told) + 1)
        )
        await raw.alive()
        assert await raw.leave() == 0
    assert raw.stderr() == ""
