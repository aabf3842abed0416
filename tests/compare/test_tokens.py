"""Which text is a token, in which lane, and whose."""

from __future__ import annotations

from client_demo.paths import Seen, TokenReader, text_of
from tests.compare.streams import asked, block, event, protocol, result, state, token, told


def test_pieces_are_tokens_and_whole_messages_are_not() -> None:
    seen = [token("A "), token("bed."), result("A bed.", "x"), token("Yes.", node="model")]
    assert text_of(seen, "tool") == "A bed."
    assert text_of(seen, "answer") == "Yes."


def test_pieces_without_text_are_no_tokens() -> None:
    assert not list(TokenReader().read(token("")))


def test_events_below_a_tool_run_are_the_tools_whatever_their_node() -> None:
    chunk = token("A ").raw[0]
    seen = [
        event("on_tool_start", "tool", "1", input={}),
        event("on_chat_model_stream", "ChatOpenAI", "2", parents=["1"], node="inner", chunk=chunk),
        event("on_chat_model_stream", "ChatOpenAI", "3", node="model", chunk=token("Yes.").raw[0]),
    ]
    assert text_of(seen, "tool", lane="events") == "A "
    assert text_of(seen, "answer", lane="events") == "Yes."


def test_content_block_deltas_are_tokens_and_the_blocks_that_end_them_are_not() -> None:
    ended = {"event": "content-block-finish", "index": 0, "content": {"type": "text", "text": "A bed."}}
    seen = [block("A "), block("bed."), protocol("messages", (ended, {"langgraph_node": "tools"}))]
    assert text_of(seen, "tool", lane="events") == "A bed."


def test_a_message_that_comes_whole_on_the_protocol_is_no_token() -> None:
    whole = protocol("messages", (asked(text="A bed."), {"langgraph_node": "tools"}))
    assert not list(TokenReader().read(whole))


def test_deltas_and_partial_texts_are_tokens_and_statuses_are_not() -> None:
    delta = {"event": "tool-output-delta", "tool_call_id": "x", "delta": "A "}
    seen = [
        Seen(0, "tools", "tools", delta),
        Seen(0, "tools", "tools", {"event": "tool-finished", "output": told("A bed.", "x")}),
        Seen(0, "custom", "custom", {"type": "partial", "value": "bed"}),
        Seen(0, "custom", "custom", {"type": "partial", "value": {"n": 1}}),
        Seen(0, "custom", "custom", {"type": "status", "message": "Looking"}),
        Seen(0, "custom", "custom", "raw "),
        state(told("A bed.", "x")),
    ]
    assert text_of(seen, "tool", lane="tools") == "A "
    assert text_of(seen, "tool", lane="custom") == "bedraw "
