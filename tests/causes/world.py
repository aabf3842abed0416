"""A small world that makes evidence as real runs would, with the quirks that it is told to have.

Data by arithmetic: no server, no model, no clock. Each placement keeps its own state, as processes do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from client_demo.causes.reading import shows_models
from client_demo.evidence.data import Evidence, Request, RunEvidence, Sight, ToolResult
from client_demo.experiment.runs import Cell, ProviderCall, Run, ToolCall, ToolTokens
from client_demo.paths import PATHS
from client_demo.transparency.law import Event
from tests.causes.wired import Wired

PLACEMENTS = ("local", "adapters", "held", "bridged")
ALL_PATHS = tuple(path.name for path in PATHS if path.name != "invoke")
V3 = "events:v3"
WORDS = ("A ", "bed, ", "a ", "lamp ", "and ", "a ", "rug.")
OTHER_WORDS = ("Some ", "pillows ", "and ", "a ", "chair.")
MODEL, OTHER_MODEL = "model-1", "model-1-turbo"
BEGIN_S, PACE_S = 0.2, 0.05
WRONG_START = "This is how no answer begins. "
BLOCKS = "'list' object has no attribute 'upper'"


def flips(path: str) -> bool:
    """Whether a path holds a streaming handler, so that models are asked to stream."""
    return shows_models(path) or "tools" in path.partition(":")[2].split("+")


@dataclass
class Told:
    """What became of a tool's call."""

    text: str = ""
    error: str = ""
    request: Request | None = None
    words: tuple[str, ...] = ()
    partials: tuple[str, ...] = ()


@dataclass
class World:
    """Makes runs, one after the other; `tool` is list_items or ask."""

    quirks: frozenset[str] = frozenset()
    tool: str = "list_items"
    calls: Counter[str] = field(default_factory=Counter)
    cache: dict[str, str] = field(default_factory=dict)
    runs: list[RunEvidence] = field(default_factory=list)
    drawn: int = 0

    def evidence(
        self, placements: Sequence[str] = PLACEMENTS, paths: Iterable[str] = ALL_PATHS, *, repeat: int = 2
    ) -> Evidence:
        """Make every run there and back, and give the evidence of all."""
        for n in range(1, repeat + 1):
            for path in paths:
                for placement in placements if n % 2 else tuple(reversed(placements)):
                    self.runs.append(self.run(Cell(placement, path, n)))
        return Evidence("What is in the bedroom?", self.tool, {"name": MODEL}, tuple(self.runs))

    def run(self, cell: Cell) -> RunEvidence:
        """Make one run."""
        streams, ours = flips(cell.path), cell.placement in ("local", "bridged")
        given = '{"place": "bed' if "cut_arguments" in self.quirks else '{"place": "bedroom"}'
        question = {"role": "user", "content": "What is in the bedroom?"}
        asked = self.request("agent", question, streams, calls=given)
        args = {"place": "bedroom" if given.endswith("}") else "bed"}
        if given.endswith("}") or (streams and cell.path != V3):
            told = self.call(cell, args["place"], hears=streams and ours, blocks=cell.path == V3 and ours)
            return self.told(cell, asked, args, told)
        return self.refused(cell, asked)

    def call(self, cell: Cell, place: str, *, hears: bool, blocks: bool) -> Told:
        """Call the tool: its model is streamed where it hears that somebody listens, or streams by itself."""
        self.calls[cell.placement] += 1
        number = 1 if cell.placement == "adapters" else self.calls[cell.placement]
        prompt = f"What is in the {place}?" + (
            " Be brief." if hears and "other_request" in self.quirks else ""
        )
        streamed = hears or self.tool == "ask" or "explicit_astream" in self.quirks
        told = Told()
        if "cached" in self.quirks and not hears and cell.placement in self.cache:
            told.text = self.cache[cell.placement]
        else:
            told.request = self.request("tool", {"role": "user", "content": prompt}, streamed)
            told.words = told.request.answer["content_words"]
            told.text = "".join(told.words)
            if not hears and cell.placement != "adapters":
                self.cache[cell.placement] = told.text
        if self.tool == "ask":
            told.partials = told.words
        if "wrong_partials" in self.quirks:
            told.partials = (WRONG_START, *told.partials)
        return self.made_of(told, number, blocks=blocks)

    def made_of(self, told: Told, number: int, *, blocks: bool) -> Told:
        """What the body makes of its model's words."""
        if "content_upper" in self.quirks:
            told.error = BLOCKS if blocks else ""
            told.text = told.text.upper()
        if "content_spelled" in self.quirks and blocks:
            told.text = str([{"type": "text", "text": told.text, "index": 0}])
        if "stateful" in self.quirks:
            told.text += f" (call {number})"
        if "postprocessed" in self.quirks:
            told.text = told.text.strip() + " (edited)"
        if "raises" in self.quirks and not told.error:
            told.error = "The tool raised on purpose."
        return told

    def request(self, who: str, last: dict[str, Any], streamed: bool, *, calls: str = "") -> Request:
        """Ask the provider."""
        other = streamed and "other_model_streaming" in self.quirks
        words = OTHER_WORDS if other else WORDS
        if "random" in self.quirks:
            self.drawn += 1
            words = (*words, f" Also {self.drawn}.")
        bare = streamed and "bare_stream" in self.quirks
        answer: dict[str, Any] = {"finish_reason": "stop", "model": OTHER_MODEL if other else MODEL}
        answer |= {"id": f"{'str' if bare else 'chatcmpl'}-{len(self.runs)}{who}", "content": "".join(words)}
        answer |= {} if bare else {"usage": {"total_tokens": 9}, "system_fingerprint": "fp", "refusal": None}
        if calls:
            call = {"id": f"call_{len(self.runs)}", "function": {"name": self.tool, "arguments": calls}}
            answer |= {"content": None, "tool_calls": [call], "finish_reason": "tool_calls"}
        body = {"model": MODEL, "messages": [{"role": "system", "content": who}, last], "stream": streamed}
        begin = BEGIN_S if who == "tool" else 0.01
        times = tuple(begin + n * PACE_S for n in range(len(words))) if streamed and not calls else ()
        end = begin + len(words) * PACE_S if not calls else 0.1
        return Request(
            number=1, who=who, streamed=streamed, body=body, answer=answer | {"content_words": words},
            started_s=begin - 0.01, first_byte_s=begin, ended_s=end, tokens=len(times), reader_left=False,
            status=200, chunk_s=times,
        )  # fmt: skip

    def told(self, cell: Cell, asked: Request, args: dict[str, Any], told: Told) -> RunEvidence:
        """The run of a tool that was called."""
        local = cell.placement == "local"
        raised = bool(told.error) and local
        status = "error" if told.error else "success"
        shown = told.error or told.text
        results = () if raised else (ToolResult("c1", self.tool, status, told.text, shown),)
        wired = Wired(cell, told.words if told.request and told.request.streamed else (), told.partials,
                      told.text, told.error, self.quirks, hears=flips(cell.path))  # fmt: skip
        sights = self.sights(cell, told, wired)
        last = None
        if not raised:
            last = self.request("agent", {"role": "tool", "content": shown}, flips(cell.path))
        requests = tuple(one for one in (asked, told.request, last) if one is not None)
        requests = tuple(_numbered(one, n) for n, one in enumerate(requests, start=1))
        run = Run(
            cell=cell, status="error" if raised else "ok",
            error=f"It ended with {told.error}" if raised else None,
            seconds=1.0, first_event_s=0.1, first_tool_token_s=None, first_answer_token_s=None,
            tool_tokens=_tokens(requests, sights, wired), provider=_provider(requests),
            tool_calls=(ToolCall(self.tool, args, "open" if raised else "error" if told.error else "ok"),),
            answer=last.answer["content"] if last else None,
            dropped=len(told.partials) if cell.placement == "held" and "drops" in self.quirks else 0,
            events=(*(one.event for one in sights), Event("messages", ("tools",), "", shown)),
        )  # fmt: skip
        messages = () if local else wired.messages()
        number = len(self.runs) + 1
        return RunEvidence(number, run, tuple(sights), requests, messages, results, notes=wired.notes())

    def sights(self, cell: Cell, told: Told, wired: Wired) -> list[Sight]:
        """What the path shows of the tool's words, where they get through to it."""
        answer = Sight(0.8, "state", "values", Event("values", (), "", cell.path), "agent", "", None)
        if cell.placement in ("adapters", "held"):
            return [answer]
        words, partials = (told.words, told.partials) if cell.placement == "local" else wired.arrived()
        streamed = bool(told.request and told.request.streamed)
        dark = cell.path == V3 and (self.tool == "ask" or "explicit_astream" in self.quirks)
        found = []
        if shows_models(cell.path) and streamed and not dark:
            what = {"events:v2": "on_chat_model_stream", V3: "v3 messages"}.get(cell.path, "messages")
            found += [_sight(what, word, n) for n, word in enumerate(words)]
        modes = cell.path.partition(":")[2].split("+")
        for mode in ("custom", "tools"):
            if mode in modes or (cell.path == V3 and mode == "tools"):
                what = "v3 tools" if cell.path == V3 else mode
                found += [_sight(what, word, n) for n, word in enumerate(partials)]
        return [*found, answer]

    def refused(self, cell: Cell, asked: Request) -> RunEvidence:
        """The run of an agent that did not call its tool."""
        run = Run(
            cell=cell, status="ok", error=None, seconds=1.0, first_event_s=0.1, first_tool_token_s=None,
            first_answer_token_s=None, tool_tokens=ToolTokens(0, 0, 0, {}), provider=_provider((asked,)),
            tool_calls=(), answer="", events=(Event("messages", ("model",), "", ""),),
        )  # fmt: skip
        return RunEvidence(len(self.runs) + 1, run, requests=(asked,))


def _sight(what: str, text: str, n: int) -> Sight:
    body: Any = text
    if what == "custom":
        body = ("map", ("type", "partial"), ("value", text))
    elif what.endswith("tools"):
        body = ("map", ("delta", text), ("event", "tool-output-delta"), ("tool_call_id", "call 1"))
    return Sight(
        BEGIN_S + n * PACE_S, "messages", what, Event(what, ("tools",), "", body), "tool", text, "c1"
    )


def _numbered(request: Request, number: int) -> Request:
    kept = {key: value for key, value in request.answer.items() if key != "content_words"}
    made = replace(request, number=number, answer=kept)
    return replace(made, started_s=0.7, ended_s=0.9) if request.who == "agent" and number > 1 else made


def _tokens(requests: Sequence[Request], sights: Sequence[Sight], wired: Wired) -> ToolTokens:
    lanes = Counter(one.event.what for one in sights if one.who == "tool")
    emitted = sum(one.tokens for one in requests if one.who == "tool" and one.streamed)
    return ToolTokens(emitted, len(wired.frames_in()), max(lanes.values(), default=0), dict(lanes))


def _provider(requests: Sequence[Request]) -> tuple[ProviderCall, ...]:
    return tuple(ProviderCall(one.who, one.streamed, "usage" in one.answer) for one in requests)
