"""Which tokens a path let its caller read, in which lane, and whose they were.

A token is a piece of text that arrived as a piece: whole messages are not tokens. Knows how each lane says
where its tokens come from; knows nothing of what the server sent or the provider was asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from langchain_core.messages import AIMessageChunk

if TYPE_CHECKING:
    from client_demo.transparency.seen import Lane, Seen

Who = Literal["tool", "answer"]


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of text: when it was seen (monotonic seconds), in which lane, and who spoke."""

    t: float
    lane: Lane
    who: Who
    text: str


class TokenReader:
    """Reads one path's events in order and picks out the tokens.

    `tool_nodes` are the nodes in which tools run; below a tool run, events tell it by themselves.
    """

    def __init__(self, *, tool_nodes: frozenset[str] = frozenset({"tools"})) -> None:
        self._tool_nodes = tool_nodes
        self._tool_runs: set[str] = set()

    def read(self, seen: Seen) -> Iterator[Token]:
        """Yield the tokens of one event: at most one, except where a value is a list of them."""
        for who, text in self._texts(seen.mode, seen.raw):
            if text:
                yield Token(seen.t, seen.lane, who, text)

    def _texts(self, mode: str, raw: Any) -> Iterator[tuple[Who, str]]:
        match mode:
            case "messages":
                message, metadata = raw
                if isinstance(message, AIMessageChunk):
                    yield self._whose(metadata), str(message.text)
            case "tools":
                yield from _delta(raw)
            case "custom":
                yield from _spoken(raw)
            case "v2":
                yield from self._v2(raw)
            case "v3":
                yield from self._v3(raw)

    def _v2(self, raw: Mapping[str, Any]) -> Iterator[tuple[Who, str]]:
        if raw["event"] == "on_tool_start":
            self._tool_runs.add(raw["run_id"])
        if raw["event"] == "on_chat_model_stream":
            below = not self._tool_runs.isdisjoint(raw.get("parent_ids", ()))
            who: Who = "tool" if below else self._whose(raw.get("metadata", {}))
            yield who, str(raw["data"]["chunk"].text)

    def _v3(self, raw: Mapping[str, Any]) -> Iterator[tuple[Who, str]]:
        data = raw["params"]["data"]
        if raw["method"] == "tools":
            yield from _delta(data)
        if raw["method"] == "messages" and isinstance(data[0], Mapping):  # else a message that came whole
            delta = data[0].get("delta", {})
            if data[0].get("event") == "content-block-delta" and delta.get("type") == "text-delta":
                yield self._whose(data[1]), str(delta.get("text", ""))

    def _whose(self, metadata: Mapping[str, Any]) -> Who:
        outer = str(metadata.get("langgraph_checkpoint_ns", "")).partition(":")[0]
        node = outer or metadata.get("langgraph_node")
        return "tool" if node in self._tool_nodes else "answer"


def _delta(raw: Mapping[str, Any]) -> Iterator[tuple[Who, str]]:
    if raw.get("event") == "tool-output-delta" and isinstance(raw.get("delta"), str):
        yield "tool", raw["delta"]


def _spoken(raw: Any) -> Iterator[tuple[Who, str]]:
    """What a tool wrote: text as it is, or a partial value that is text. Statuses are no tokens."""
    if isinstance(raw, Mapping) and raw.get("type") == "partial":
        raw = raw.get("value")
    if isinstance(raw, str):
        yield "tool", raw


def tokens(seen: Iterable[Seen], *, tool_nodes: frozenset[str] = frozenset({"tools"})) -> Iterator[Token]:
    """Read the tokens of a whole sequence."""
    reader = TokenReader(tool_nodes=tool_nodes)
    for one in seen:
        yield from reader.read(one)


def text_of(
    seen: Iterable[Seen],
    who: Who,
    *,
    lane: Lane | None = None,
    tool_nodes: frozenset[str] = frozenset({"tools"}),
) -> str:
    """Join the text of the tool's or the agent's tokens, in one lane or in all."""
    found = tokens(seen, tool_nodes=tool_nodes)
    return "".join(one.text for one in found if one.who == who and lane in (None, one.lane))
