"""Decides what the scripted model answers: tool calls, or a text.

Knows the order in which a request is understood: what the prompt orders, what tool_choice forces, what the
tools invite, what has to be said. Refuses to know pace, faults and HTTP.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from throughline.model.ask import Ask, Tool
from throughline.model.canned import answer_to, place_in, report_of, topic_in
from throughline.model.directives import Directives, numbered, read_directives
from throughline.model.example import example
from throughline.model.options import ScriptOptions

_TOKEN = re.compile(r"\S+\s*|\s+")
_PIECE = re.compile(r"\w+|\W+")


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call to make; `arguments` is JSON text, unless the prompt ordered something else."""

    name: str
    arguments: str

    @property
    def pieces(self) -> list[str]:
        """The arguments as they are streamed."""
        return _PIECE.findall(self.arguments)


@dataclass(frozen=True, slots=True)
class Script:
    """An answer: either calls or tokens."""

    calls: tuple[Call, ...] = ()
    tokens: tuple[str, ...] = ()


def compose(ask: Ask, options: ScriptOptions) -> Script:
    """Decide on the answer."""
    directives = read_directives(ask.words)
    if calls := _calls(ask, directives):
        return Script(calls=calls)
    return Script(tokens=tuple(_TOKEN.findall(_text(ask, options, directives))))


def _calls(ask: Ask, directives: Directives) -> tuple[Call, ...]:
    if not ask.tools or ask.tool_choice == "none":
        return ()
    if directives.calls and not ask.results:
        return tuple(Call(name, arguments) for name, arguments in directives.calls)
    invited = ask.tool_choice == "auto" and not ask.results and directives.reply is None
    if ask.tool_choice in ("required", "named") or invited:
        return (_made_up(ask),)
    return ()


def _made_up(ask: Ask) -> Call:
    """Call the tool that is forced, or the first one, with arguments out of the user's words."""
    tool = next((tool for tool in ask.tools if tool.name == ask.forced), ask.tools[0])
    return Call(tool.name, json.dumps(_arguments(tool, ask.words), ensure_ascii=False))


def _arguments(tool: Tool, words: str) -> object:
    found = {"place": place_in(words), "topic": topic_in(words)}
    return example({"type": "object", **tool.parameters}, say=lambda name: found.get(name) or words)


def _text(ask: Ask, options: ScriptOptions, directives: Directives) -> str:
    if directives.reply is not None:
        return directives.reply
    if ask.schema is not None:
        return json.dumps(example(ask.schema, say=lambda name: name or "text"))
    if ask.results:
        return report_of([result.text for result in ask.results])
    return answer_to(ask.words) if options.tokens is None else numbered(options.tokens)
