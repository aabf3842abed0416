"""Recordings: complete, readable back, without keys, and whole up to the line where a crash struck."""

from __future__ import annotations

import gzip
import io
import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage

from client_demo.errors import FileUnwritable, RecordingUnreadable
from client_demo.evidence.witness import SightReader
from client_demo.experiment.compare import Plan, compare
from client_demo.experiment.runs import Cell
from client_demo.paths import Seen
from client_demo.recording.collect import collecting
from client_demo.recording.record import Recorder, jsonable, read_recording, recording
from client_demo.taps.latency import Latency
from throughline.model import ModelSettings, OpenModel

pytestmark = pytest.mark.anyio

PLAN = Plan("What items are in the bedroom?", "list_items", ("local",), ("astream:messages", "events:v3"))


@pytest.fixture
async def recorded(scripted: OpenModel, tmp_path: Path) -> Path:
    path = tmp_path / "runs.jsonl"
    with recording(path, PLAN, scripted.settings) as recorder, collecting(recorder) as collector:
        await compare(PLAN, scripted, watchers=[collector])
    return path


async def test_a_recording_reads_back_from_its_header_to_its_last_run(recorded: Path) -> None:
    header, *lines = read_recording(recorded)
    assert header["schema"] == "throughline.recording/1"
    assert header["prompt"] == PLAN.prompt
    assert header["model"] == {"kind": "scripted", "name": "scripted?pace_ms=0"}
    kinds = [line["line"] for line in lines]
    assert kinds.count("begin") == kinds.count("end") == 3
    assert kinds.count("request") == 9
    assert [line["warmup"] for line in lines if line["line"] == "begin"] == [True, False, False]
    assert [line["run"] for line in lines] == sorted(line["run"] for line in lines)


async def test_every_token_is_in_the_recording_with_its_time(recorded: Path) -> None:
    lines = [line for line in read_recording(recorded) if line.get("line") == "seen" and line["run"] == 1]
    assert [line["t"] for line in lines] == sorted(line["t"] for line in lines)
    words = [
        message for message, metadata in (line["value"] for line in lines) if message["_"] == "AIMessageChunk"
    ]
    asked = [line for line in read_recording(recorded) if line.get("line") == "request" and line["run"] == 1]
    told = next(line["answer"]["content"] for line in asked if line["who"] == "tool")
    assert told in "".join(word["content"] for word in words)
    assert told == "".join(line["text"] for line in lines if line["who"] == "tool")


async def test_requests_are_recorded_as_they_were_sent(recorded: Path) -> None:
    asked = [line for line in read_recording(recorded) if line.get("line") == "request"]
    assert asked[0]["body"]["tool_choice"] == {"type": "function", "function": {"name": "list_items"}}
    assert all(line["started_s"] <= line["first_byte_s"] <= line["ended_s"] for line in asked)


async def test_the_key_is_not_in_the_recording(scripted: OpenModel, recorded: Path) -> None:
    assert scripted.settings.api_key not in json.dumps(list(read_recording(recorded)))


SECRETS = [
    "sk-abcdefghijklmnop1234",
    "tl-abcdefghijklmnop1234",
    "Bearer abcdefgh.ijkl",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "ghp_abcdefghijklmnop1234",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_what_looks_like_a_key_is_redacted_wherever_it_stands(secret: str) -> None:
    file = io.StringIO()
    recorder = Recorder(
        file, replace(PLAN, prompt=f"my key is {secret}"), ModelSettings("http://x/v1", "", "m")
    )
    seen = Seen(0, "custom", "custom", {"api_key": "abc", "text": [secret]})
    recorder.sighted(1, seen, SightReader(0).read(seen))
    assert secret.removeprefix("Bearer ") not in file.getvalue()
    assert '"api_key": "[redacted]"' in file.getvalue()


@pytest.mark.parametrize("name", ["runs.jsonl", "runs.jsonl.gz"])
def test_each_line_leaves_at_once_so_that_a_crash_keeps_it(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with recording(path, PLAN, ModelSettings("http://x/v1", "k", "m")) as recorder:
        recorder.opened(1, Cell("local", "ainvoke"))
        assert [line.get("line", "header") for line in read_recording(path)] == ["header", "begin"]


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl"
    path.write_text('{"schema": "throughline.recording/1"}\n{"line": "begin"}\n{"line": "se')
    assert [line.get("line") for line in read_recording(path)] == [None, "begin"]


def begun(path: Path) -> Path:
    """A recording of many runs that began."""
    with recording(path, PLAN, ModelSettings("http://x/v1", "k", "m")) as recorder:
        for number in range(200):
            recorder.opened(number, Cell("local", "ainvoke"))
    return path


def test_a_recording_that_is_named_gz_is_compressed_and_reads_the_same(tmp_path: Path) -> None:
    plain, packed = begun(tmp_path / "runs.jsonl"), begun(tmp_path / "runs.jsonl.gz")
    assert packed.stat().st_size < plain.stat().st_size / 5
    assert list(read_recording(packed))[1:] == list(read_recording(plain))[1:]
    assert gzip.decompress(packed.read_bytes()).count(b"\n") == 201


def test_of_a_compressed_recording_what_is_there_is_read_and_damage_is_told(tmp_path: Path) -> None:
    packed = begun(tmp_path / "runs.gz")
    data = packed.read_bytes()
    packed.write_bytes(data[: len(data) // 2])
    assert 2 < len(list(read_recording(packed))) < 201
    packed.write_bytes(data[:-8] + b"\0" * 8)  # its checksum
    with pytest.raises(RecordingUnreadable, match="it is damaged"):
        list(read_recording(packed))


REFUSED = {
    "": "it is empty",
    "words\n": "it is not a recording",
    '{"schema": "something/else"}\n': r"it is not a throughline\.recording/1",
    '{"schema": "throughline.recording/1", "thr': "it ends within its first line",
    '{"schema": "throughline.recording/2"}\n': r"written by a newer throughline: recording/2\): upgrade",
    '{"schema": "throughline.recording/1"}\n{"line": \n{"line": "begin"}\n': "line 2 is broken",
}


@pytest.mark.parametrize(("text", "reason"), REFUSED.items())
def test_a_file_of_another_kind_is_refused_with_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "runs.jsonl"
    path.write_text(text)
    with pytest.raises(RecordingUnreadable, match=reason):
        list(read_recording(path))


def test_what_cannot_be_read_at_all_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecordingUnreadable, match="there is no such file"):
        list(read_recording(tmp_path / "nowhere.jsonl"))
    with pytest.raises(RecordingUnreadable, match="is a directory"):
        list(read_recording(tmp_path))


def test_a_recording_that_cannot_be_written_is_told_before_anything_runs(tmp_path: Path) -> None:
    opening = recording(tmp_path, PLAN, ModelSettings("http://x/v1", "k", "m"))
    with pytest.raises(FileUnwritable, match=r"--record cannot write .*: name another file\."), opening:
        pass


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_told_at_once_and_is_no_fault_of_a_run() -> None:
    opening = recording(Path("/dev/full"), PLAN, ModelSettings("http://x/v1", "k", "m"))
    with pytest.raises(FileUnwritable, match=r"--record cannot write to /dev/full \(No space left"), opening:
        pass


def test_a_disk_that_fills_up_ends_the_comparison_before_the_next_run() -> None:
    class Filling(io.StringIO):
        full = False

        def write(self, text: str) -> int:
            if self.full:
                raise OSError(28, "No space left on device")
            return super().write(text)

    recorder = Recorder(file := Filling(), PLAN, ModelSettings("http://x/v1", "k", "m"))
    file.full = True
    recorder.costs(Latency())
    with pytest.raises(FileUnwritable, match="No space left"):
        recorder.opened(2, Cell("local", "ainvoke"))


@dataclass
class Thing:
    name: str
    parts: tuple[int, ...]


def test_values_of_every_kind_become_json() -> None:
    value = {"thing": Thing("a", (1, 2)), "message": AIMessage("b"), 3: {4}, "odd": object}
    told = json.loads(json.dumps(jsonable(value)))
    assert told["thing"] == {"_": "Thing", "name": "a", "parts": [1, 2]}
    assert (told["message"]["_"], told["message"]["content"]) == ("AIMessage", "b")
    assert told["3"] == [4]
    assert told["odd"] == repr(object)


def test_a_lone_surrogate_does_not_end_the_recording() -> None:
    file = io.StringIO()
    Recorder(file, replace(PLAN, prompt="\ud800"), ModelSettings("http://x/v1", "k", "m"))
    assert json.loads(file.getvalue())["prompt"] == "?"
