"""What the embedded engine is asked: messages of three roles and, for anything but prose, a schema.

Knows what a very small model makes of prompts (measured on SmolLM2 135M): it copies examples well, follows
instructions badly, and repeats itself where nothing is done about it. So a tool is chosen and filled in by
example, one after the other. Refuses to know the engine.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from throughline.model.ask import Ask, Json, Message, Tool
from throughline.model.grammar import arguments_of, bounded, name_of

PROSE_TOKENS = 64
JSON_TOKENS = 128
"""More, because JSON that is cut off is none."""
NAME_TOKENS = 32
NO_TOOL = "no_function"

_SYSTEM = "You are a helpful assistant. Answer briefly and plainly."
_CHOOSE = "Reply with the name of the function that fits."
_FILL_IN = "You copy the arguments of a function out of the user's request. Reply with JSON only."
_FILLED_IN = (
    ("What is the weather in Paris?", {"city": "Paris"}),
    ("Write a poem about old dogs", {"subject": "old dogs"}),
    ("Why is grass green?", {"question": "Why is grass green?"}),
)
_JUST_TALK = "Hello, how are you? What do you think?"
_FROM_RESULTS = (
    "Information:\n{results}\n\nUsing only the information above, answer in one sentence: {question}"
)

_PASSED_ON = ("temperature", "top_p", "stop", "seed", "presence_penalty", "frequency_penalty")
# Without a penalty a list of bedroom items is "a reliable toilet" until the tokens run out. Not under a
# schema, where the marks that JSON repeats would be penalized.
_PROSE = {
    "frequency_penalty": 0.3,
    "dry_multiplier": 0.8,
    "dry_base": 1.75,
    "dry_allowed_length": 3,
    "dry_penalty_last_n": 512,
}


def choosing(ask: Ask, tools: Sequence[Tool]) -> Json:
    """Ask for the name of a tool; each tool's description is an example of what is said when it fits."""
    examples = [(f"{tool.description} {tool.name.replace('_', ' ')}", tool.name) for tool in tools]
    names = [tool.name for tool in tools]
    if ask.tool_choice == "auto":  # in front: what comes last is chosen too often
        examples.insert(0, (_JUST_TALK, NO_TOOL))
        names.append(NO_TOOL)
    shown = [turn for said, name in examples for turn in _turns(said, json.dumps(name))]
    messages = [_says("system", _CHOOSE), *shown, _says("user", ask.words)]
    return _request(ask, messages, name_of(names), tokens=NAME_TOKENS)


def calling(ask: Ask, tool: Tool) -> Json:
    """Ask for the arguments of a tool."""
    shown = [turn for said, filled in _FILLED_IN for turn in _turns(_blank(said, filled), json.dumps(filled))]
    blank = _blank(ask.words, tool.parameters.get("properties", {}))
    messages = [_says("system", _FILL_IN), *shown, _says("user", blank)]
    return _request(ask, messages, arguments_of(tool), tokens=ask.max_tokens or JSON_TOKENS)


def answering(ask: Ask) -> Json:
    """Ask for words, or for JSON where a schema is wanted."""
    schema = None if ask.schema is None else bounded(ask.schema)
    tokens = ask.max_tokens or (PROSE_TOKENS if schema is None else JSON_TOKENS)
    return _request(ask, _conversation(ask), schema, tokens=tokens)


def _request(ask: Ask, messages: list[Json], schema: Json | None, *, tokens: int) -> Json:
    given = {key: ask.body[key] for key in _PASSED_ON if ask.body.get(key) is not None}
    form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    return {
        "temperature": 0,
        "seed": 1,
        **(_PROSE if schema is None else {}),
        **given,
        **({} if schema is None else {"response_format": form}),
        "messages": messages,
        "max_tokens": tokens,
        "cache_prompt": False,  # a prompt out of the cache is answered differently now and then
        "return_progress": True,
        "stream_options": {"include_usage": True},
    }


def _turns(said: str, answered: str) -> tuple[Json, Json]:
    return _says("user", said), _says("assistant", answered)


def _blank(said: str, names: Json) -> str:
    return f"Request: {said}\nArguments: {', '.join(names)}"


def _conversation(ask: Ask) -> list[Json]:
    """The messages with a system prompt; results stand in one of them, which a small model reads best."""
    told = [_says("system", message.text) for message in ask.messages if _is_system(message)]
    system = told or [_says("system", _SYSTEM)]
    if ask.results:
        results = "\n".join(_plain(ask, message)["content"] for message in ask.results)
        return [*system, _says("user", _FROM_RESULTS.format(results=results, question=ask.words))]
    # A tool call of an earlier turn is said by its result.
    spoken = [message for message in ask.messages if not (_is_system(message) or message.tool_calls)]
    return [*system, *(_plain(ask, message) for message in spoken)]


def _is_system(message: Message) -> bool:
    return message.role in ("system", "developer")


def _plain(ask: Ask, message: Message) -> Json:
    if message.role not in ("tool", "function"):
        return _says(message.role, message.text)
    called = {call[0]: call[1] for asked in ask.messages for call in asked.tool_calls}
    name = called.get(message.tool_call_id or "", "the tool")
    return _says("user", f"Result of {name}: {message.text}")


def _says(role: str, content: str) -> Json:
    return {"role": role, "content": content}
