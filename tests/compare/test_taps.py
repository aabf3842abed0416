"""The tap on a stdio server: bytes pass unchanged, lines are noted before they are read, nothing stays."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

from client_demo.taps.latency import Latency, measure
from client_demo.taps.log import UNREADABLE, TapLog

ECHO = "import os\nwhile piece := os.read(0, 65536): os.write(1, piece)"
BYTES = b'{"id": 1}\n\xff\xfe no JSON\r\n\n[{"id": 2}, {"id": 3}]\nan end without a newline'
DEAF = "import signal, sys; print('{}', flush=True); signal.pause()"


def started(log: TapLog, program: str) -> subprocess.Popen[bytes]:
    command = log.tapped((sys.executable, "-I", "-S", "-c", program))
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_bytes_pass_in_both_directions_as_they_are(tmp_path: Path) -> None:
    log = TapLog(tmp_path / "log.jsonl")
    with started(log, ECHO) as process:
        told, _ = process.communicate(BYTES, timeout=20)
    assert told == BYTES
    assert process.returncode == 0
    passed = log.drain()
    for direction in ("to server", "to client"):
        bodies = [one.body for one in passed if one.direction == direction]
        assert bodies == [{"id": 1}, {UNREADABLE: "\ufffd\ufffd no JSON"}, {"id": 2}, {"id": 3}]
    assert log.drain() == []


def test_what_was_read_is_in_the_log_already(tmp_path: Path) -> None:
    log = TapLog(tmp_path / "log.jsonl")
    with started(log, ECHO) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(50):
            process.stdin.write(b'{"n": %d}\n' % number)
            process.stdin.flush()
            process.stdout.readline()
            assert [one.direction for one in log.drain()] == ["to server", "to client"]
        process.stdin.close()
        process.wait(timeout=20)


def test_the_tap_ends_with_the_server_and_with_its_exit_code(tmp_path: Path) -> None:
    with started(TapLog(tmp_path / "log.jsonl"), "print('last words'); raise SystemExit(7)") as process:
        assert process.stdout is not None
        assert process.stdout.read().split() == [b"last", b"words"]
        assert process.wait(timeout=20) == 7  # though stdin is still open


def test_a_wish_to_end_reaches_the_server(tmp_path: Path) -> None:
    with started(TapLog(tmp_path / "log.jsonl"), DEAF) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 128 + signal.SIGTERM
        assert process.stdout.read() == b""  # which the server held open as long as it lived


def test_a_command_that_is_not_there_is_left_to_say_so_itself(tmp_path: Path) -> None:
    command = ("throughline-no-such-command",)
    assert TapLog(tmp_path / "log.jsonl").tapped(command) == command


def test_the_tap_is_a_command_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    tap = (sys.executable, "-m", "client_demo.taps.stdio")
    done = subprocess.run(
        [*tap, "--log", str(path), "--", sys.executable, "-c", ECHO],
        input=b"{}\n",
        capture_output=True,
        timeout=20,
        check=True,
    )
    assert done.stdout == b"{}\n"
    assert len(TapLog(path).drain()) == 2
    wrong = subprocess.run([*tap, "--log"], capture_output=True, timeout=20, check=False)
    assert wrong.returncode == 2
    assert wrong.stderr.startswith(b"usage: ")


def test_what_the_tap_adds_is_measured() -> None:
    told = measure().sentence()
    assert re.fullmatch(
        r"MCP messages are read on their way by a tap: it adds [\d.]+ ms to a message and its answer and "
        r"[\d.]+ ms to the start of a server\.",
        told,
    )


def test_what_the_taps_on_loopback_add_is_measured_as_well() -> None:
    latency = measure(("http", "provider"))
    assert (latency.round_trip_s, latency.start_s) == (None, None)
    assert all(one is not None for one in (latency.http_s, latency.first_token_s, latency.chunk_s))


def test_the_sentence_tells_what_was_measured() -> None:
    told = Latency(http_s=0.0004, first_token_s=0.0123, chunk_s=0.0001).sentence()
    assert told == (
        "MCP messages and provider calls are read on their way by a tap: it adds 0.40 ms to a message and "
        "its answer over HTTP, 12 ms to the first token of a provider call and 0.10 ms to each chunk of one."
    )
    told = Latency(first_token_s=0.0, chunk_s=0.0).sentence()
    assert told.startswith("Provider calls are read on their way by a tap: it adds 0.00 ms to the first ")
