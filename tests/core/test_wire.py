"""The contract: every event crosses mcp's types and JSON as it was; what is malformed is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp import types

from tests.core.values import any_text, plain, steady, texts, values
from throughline.codec import encode
from throughline.errors import UnsupportedVersion, WireError
from throughline.events import (
    Custom,
    Dispatched,
    Event,
    Frame,
    GraphChunk,
    Partial,
    RunEnd,
    RunError,
    RunKind,
    RunStart,
    RunStream,
    Status,
    Tokens,
)
from throughline.ledger import Ledger, Totals
from throughline.server.lines import decode_line, encode_line
from throughline.wire import (
    FRAME,
    LEDGER,
    STREAM,
    VERSION,
    GraphContext,
    StreamRequest,
    read_finish,
    read_frame,
    read_ledger,
    read_request,
    write_frame,
    write_ledger,
    write_request,
)

runs = st.integers(1, 9)
json_values = values.map(encode)
names = st.lists(texts, max_size=3).map(tuple)
fields = st.dictionaries(texts, json_values, max_size=2)


@st.composite
def events(draw: st.DrawFn) -> Event:
    """Events of every kind, as the server may write them."""
    kind = draw(st.sampled_from(get_args(Event)))
    if kind is RunStart:
        return RunStart(
            run=draw(runs),
            parent=draw(st.none() | runs),
            kind=draw(st.sampled_from(get_args(RunKind))),
            name=draw(texts),
            id=str(draw(st.uuids())),
            run_type=draw(st.none() | texts.filter(bool)),
            tags=draw(names),
            metadata=draw(fields),
            inputs=draw(json_values),
            extra=draw(fields),
        )
    if kind is RunStream:
        return draw(streams())
    arguments: dict[Any, st.SearchStrategy[Any]] = {
        Tokens: st.tuples(runs, names),
        RunEnd: st.tuples(runs, json_values, st.booleans(), st.booleans()),
        RunError: st.tuples(runs, texts, texts),
        Status: st.tuples(texts, st.none() | st.floats(0, 9), st.none() | st.integers(0, 9)),
        Partial: st.tuples(json_values),
        Custom: st.tuples(json_values, names),
        Dispatched: st.tuples(st.none() | runs, texts, json_values),
        GraphChunk: st.tuples(names, texts, json_values),
    }
    event: Event = kind(*draw(arguments[kind]))
    return event


@st.composite
def streams(draw: st.DrawFn) -> RunStream:
    run, pattern = draw(runs), draw(st.booleans())
    match draw(st.sampled_from(["text", "value", "message", "block"])):
        case "text":
            return RunStream(run, "text", draw(texts), pattern)
        case "value":
            return RunStream(run, "value", draw(json_values), pattern)
        case "message":
            chunk: dict[str, Any] = {
                "content": draw(texts),
                "class": "AIMessageChunk",
                "fields": {},
                "info": None,
            }
            return RunStream(run, "message", chunk, pattern)
        case _:
            delta = {"event": "content-block-delta", "delta": {"type": "text-delta", "text": draw(texts)}}
            return RunStream(run, "block", delta, pattern)


frames = st.builds(Frame, st.integers(1, 1 << 40), st.lists(events(), max_size=4).map(tuple))


def across(meta: dict[str, Any]) -> dict[str, Any]:
    """The `_meta` of a notification: written by mcp's server, carried by a line, read by mcp's client."""
    params = types.ProgressNotificationParams.model_validate(
        {"progressToken": "t", "progress": 1, "_meta": meta}
    )
    sent = types.ServerNotification(types.ProgressNotification(params=params))
    dumped = sent.model_dump(by_alias=True, mode="json", exclude_none=True)
    line = encode_line(types.JSONRPCMessage(types.JSONRPCNotification(jsonrpc="2.0", **dumped)))
    assert line.count(b"\n") == 1
    message = decode_line(line)
    assert not isinstance(message, Exception)
    body = message.message.root.model_dump(by_alias=True, mode="json", exclude_none=True)
    received = types.ServerNotification.model_validate(body).root
    assert isinstance(received, types.ProgressNotification)
    assert received.params.meta is not None
    return dict(received.params.meta.model_extra or {})


@given(frames)
@steady
def test_a_frame_arrives_as_it_was_sent(frame: Frame) -> None:
    assert read_frame(across(write_frame(frame))) == frame


@given(st.lists(frames, max_size=3))
@steady
def test_both_ends_count_the_same(sent: list[Frame]) -> None:
    near, far = Ledger(), Ledger()
    for frame in sent:
        far.add(frame)
        arrived = read_frame(across(write_frame(frame)))
        assert arrived is not None
        near.add(arrived)
    assert near.totals() == far.totals()
    assert read_ledger(across(write_ledger(far.totals(), finish="stop"))) == near.totals()


@given(
    st.builds(
        StreamRequest,
        streaming=st.booleans(),
        blocks=st.booleans(),
        events=st.booleans(),
        graph=st.none() | st.builds(GraphContext, texts, names),
    )
)
@steady
def test_a_request_arrives_as_it_was_made(request: StreamRequest) -> None:
    assert read_request(across(write_request(request))) == request


def test_where_nothing_of_ours_is_said_nothing_is_read() -> None:
    for meta in (None, {}, {"other/thing": 1}):
        assert (read_request(meta), read_frame(meta), read_ledger(meta), read_finish(meta)) == (None,) * 4


@pytest.mark.parametrize("version", [0, 2, "1", None, True, [1]])
def test_another_version_of_the_contract_is_refused_by_its_number(version: object) -> None:
    with pytest.raises(UnsupportedVersion, match="same release of throughline on both sides") as refused:
        read_request({STREAM: {"version": version, "streaming": True}})
    assert (refused.value.asked, refused.value.spoken) == (version, VERSION)
    assert repr(version) in str(refused.value)


@pytest.mark.parametrize("body", [1, "yes", [1], True])
def test_an_opt_in_that_is_no_object_is_refused_in_a_sentence(body: object) -> None:
    with pytest.raises(WireError, match="is not an object"):
        read_request({STREAM: body})


def test_a_newer_peer_may_say_more_than_we_know() -> None:
    asked = {"version": VERSION, "streaming": True, "colour": "blue", "graph": {"ns": "a:1", "depth": 3}}
    assert read_request({STREAM: asked}) == StreamRequest(streaming=True, graph=GraphContext("a:1"))
    status = {"type": "status", "message": "hi", "colour": "blue"}
    assert read_frame({FRAME: {"seq": 1, "events": [status], "colour": "blue"}}) == Frame(1, (Status("hi"),))


def start(**changed: Any) -> dict[str, Any]:
    body = {"type": "start", "run": 1, "parent": None, "kind": "chain", "name": "n"}
    return {**body, "id": "7d1c35e1-4c7f-4e0f-8d6c-0a2d1c3f5b7a", **changed}


MALFORMED: list[Any] = [
    {"type": "unheard of"},
    {"run": 1},
    "tokens",
    7,
    None,
    [],
    {"type": ["tokens"], "run": 1, "texts": []},
    {"type": "tokens", "texts": ["a"]},
    {"type": "tokens", "run": "1", "texts": ["a"]},
    {"type": "tokens", "run": [1], "texts": ["a"]},
    {"type": "tokens", "run": 1.5, "texts": ["a"]},
    {"type": "tokens", "run": True, "texts": ["a"]},
    {"type": "tokens", "run": 1, "texts": "abc"},
    {"type": "tokens", "run": 1, "texts": [1]},
    {"type": "tokens", "run": 1, "texts": None},
    {"type": "stream", "run": 1, "form": "song", "value": 1},
    {"type": "stream", "run": 1, "form": "text", "value": 1},
    {"type": "stream", "run": 1, "form": "message", "value": "hi"},
    {"type": "stream", "run": 1, "form": "message", "value": {"content": "hi"}},
    {"type": "stream", "run": 1, "form": "block", "value": [1]},
    {"type": "stream", "run": 1, "form": "block", "value": {"event": "x"}, "pattern": True},
    {"type": "stream", "run": 1},
    {"type": "end", "run": 1},
    {"type": "end", "run": {}, "output": None, "joined": False, "streamed": False},
    {"type": "error", "run": 1, "error": "E"},
    {"type": "status"},
    {"type": "status", "message": 3},
    {"type": "status", "message": "m", "progress": "half"},
    {"type": "status", "message": "m", "total": [2]},
    {"type": "custom", "value": 1, "ns": "ab"},
    {"type": "custom", "value": 1, "ns": [1]},
    {"type": "custom", "value": 1},
    {"type": "dispatched", "name": "n", "parent": "1"},
    {"type": "dispatched"},
    {"type": "graph", "ns": [], "mode": 1},
    {"type": "graph", "mode": "custom"},
    start(run=None),
    start(parent="1"),
    start(kind="dream"),
    start(name=None),
    start(id="not-a-uuid"),
    start(id=7),
    start(run_type=1),
    start(tags="abc"),
    start(tags=[1]),
    start(metadata=[]),
    start(metadata="abc"),
    start(extra=3),
]


@pytest.mark.parametrize("event", MALFORMED, ids=str)
def test_a_malformed_event_is_refused_in_a_sentence(event: Any) -> None:
    with pytest.raises(WireError, match="A frame is malformed") as refused:
        read_frame({FRAME: {"seq": 1, "events": [event]}})
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    "body",
    [
        *(1, "x", [], {}, {"seq": 1}, {"seq": "1", "events": []}, {"seq": 1.5, "events": []}),
        *({"seq": True, "events": []}, {"seq": float("inf"), "events": []}, {"seq": 1, "events": {}}),
        *({"seq": 1, "events": "tokens"}, {"seq": 1, "events": None}, {"seq": None, "events": []}),
    ],
    ids=str,
)
def test_a_malformed_frame_is_refused_in_a_sentence(body: Any) -> None:
    with pytest.raises(WireError, match="A frame is malformed"):
        read_frame({FRAME: body})


@given(st.data())
@steady
def test_a_frame_in_which_anything_was_changed_is_read_or_refused_and_no_worse(data: st.DataObject) -> None:
    body = write_frame(data.draw(frames.filter(lambda frame: bool(frame.events))))
    event = data.draw(st.sampled_from(body[FRAME]["events"]))
    event[data.draw(st.sampled_from(sorted(event)))] = data.draw(plain)
    try:
        frame = read_frame(body)
    except WireError:
        return
    assert frame is not None
    Ledger().add(frame)


@pytest.mark.parametrize(
    "changed", [{"frames": "many"}, {"tokens": None}, {"chars": [1]}, {"events": 1.5}, {"digest": 7}]
)
def test_a_malformed_ledger_is_refused_in_a_sentence(changed: dict[str, Any]) -> None:
    body = write_ledger(Totals(1, 1, 1, 1, "d"), finish="stop")
    with pytest.raises(WireError, match="ledger is malformed"):
        read_ledger({LEDGER: {**body[LEDGER], **changed}})


def test_a_ledger_that_counts_less_than_ours_is_malformed() -> None:
    with pytest.raises(WireError, match="ledger is malformed"):
        read_ledger({LEDGER: {"frames": 1}})


# --- what a ledger counts ---


@given(st.lists(st.tuples(runs, names), max_size=4))
@steady
def test_a_ledger_counts_tokens_and_characters_however_they_were_framed(
    spoken: list[tuple[int, tuple[str, ...]]],
) -> None:
    ledger = Ledger()
    for number, (run, said) in enumerate(spoken, 1):
        ledger.add(Frame(number, (Tokens(run, said),)))
    totals = ledger.totals()
    assert totals.frames == totals.events == len(spoken)
    assert totals.tokens == sum(bool(text) for _, said in spoken for text in said)
    assert totals.chars == sum(len(text) for _, said in spoken for text in said)


TOLD = Frame(1, (Tokens(1, ("a", "b")), Tokens(2, ("c",))))
OTHERWISE = [
    Frame(1, (Tokens(1, ("a", "x")), Tokens(2, ("c",)))),
    Frame(1, (Tokens(1, ("ab", "")), Tokens(2, ("c",)))),
    Frame(1, (Tokens(2, ("a", "b")), Tokens(1, ("c",)))),
    Frame(1, (Tokens(2, ("c",)), Tokens(1, ("a", "b")))),
    Frame(1, (Tokens(1, ("a",)), Tokens(1, ("b",)), Tokens(2, ("c",)))),
]


@pytest.mark.parametrize("other", OTHERWISE)
def test_a_changed_lost_moved_or_split_token_changes_the_totals(other: Frame) -> None:
    assert total_of(TOLD) != total_of(other)


def test_a_chunk_that_travels_whole_counts_as_the_token_that_it_is() -> None:
    chunk: dict[str, Any] = {"content": "hello", "class": "AIMessageChunk", "fields": {}, "info": None}
    block = {"event": "content-block-delta", "delta": {"type": "text-delta", "text": "hello"}}
    for event in (
        RunStream(1, "message", chunk),
        RunStream(1, "text", "hello"),
        RunStream(1, "block", block),
    ):
        assert replace(total_of(Frame(1, (event,))), digest="") == Totals(1, 1, 1, 5, "")
    value = RunStream(1, "value", "hello")
    assert total_of(Frame(1, (value,))).tokens == 0


def total_of(frame: Frame) -> Totals:
    ledger = Ledger()
    ledger.add(frame)
    return ledger.totals()


@given(any_text)
@steady
def test_the_sentence_of_a_malformed_frame_is_short_whatever_was_in_it(text: str) -> None:
    with pytest.raises(WireError) as refused:
        read_frame({FRAME: {"seq": 1, "events": [{"type": text * 100}]}})
    assert len(str(refused.value)) < 300
