"""A chat completion request, read once and checked: what the parts of it mean, not where they came from.

Knows OpenAI's request body. Refuses to know HTTP, and who is going to answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from throughline.model.errors import Refused

T = TypeVar("T")
Json = dict[str, Any]
Choice = Literal["auto", "none", "required", "named"]
ROLES = ("system", "developer", "user", "assistant", "tool", "function")


@dataclass(frozen=True, slots=True)
class Message:
    """One message; content blocks are joined to a single text."""

    role: str
    text: str
    tool_call_id: str | None = None
    tool_calls: tuple[tuple[str, str, str], ...] = ()  # id, name, arguments


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may call; `parameters` is its JSON schema."""

    name: str
    description: str = ""
    parameters: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked, by the agent or by a tool (`who`).

    `forced` names the one tool to call; `schema` is what the answer has to satisfy.
    """

    model: str
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    tool_choice: Choice = "auto"
    forced: str | None = None
    schema: Json | None = None
    stream: bool = False
    include_usage: bool = False
    max_tokens: int | None = None
    who: str = "unknown"
    body: Json = field(default_factory=dict)

    @property
    def since_user(self) -> tuple[Message, ...]:
        """The messages after the last one of the user: the turns of the agent so far."""
        after = [i for i, message in enumerate(self.messages) if message.role == "user"]
        return self.messages[after[-1] + 1 :] if after else ()

    @property
    def words(self) -> str:
        """The last user message, or the last message where no user has spoken."""
        said = [message.text for message in self.messages if message.role == "user"]
        return said[-1] if said else self.messages[-1].text

    @property
    def results(self) -> tuple[Message, ...]:
        """The tool results that came since the user spoke."""
        return tuple(message for message in self.since_user if message.role in ("tool", "function"))


def read_ask(body: Json, *, who: str = "unknown") -> Ask:
    """Read and check a request body; raise `Refused` in OpenAI's words."""
    choice, forced = _tool_choice(body.get("tool_choice"))
    tools = tuple(_tool(item, i) for i, item in enumerate(_checked(body, "tools", list, [])))
    if forced is not None and forced not in {tool.name for tool in tools}:
        raise Refused(f"Tool choice {forced!r} is not among the tools.", param="tool_choice")
    options = body.get("stream_options") or {}
    return Ask(
        model=_checked(body, "model", str, ""),
        messages=_messages(body),
        tools=tools,
        tool_choice=choice,
        forced=forced,
        schema=_schema(body.get("response_format")),
        stream=_checked(body, "stream", bool, False),
        include_usage=isinstance(options, dict) and options.get("include_usage") is True,
        max_tokens=_max_tokens(body),
        who=who,
        body=body,
    )


def text_of(content: object) -> str:
    """Join the text of a message's content, which is a string or a list of blocks."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(str(block.get("text", "")) for block in content if isinstance(block, dict))
    return ""


def _checked(body: Json, name: str, kind: type[T], default: T) -> T:
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, kind):
        raise Refused(
            f"Invalid type for {name!r}: expected {kind.__name__}.", code="invalid_type", param=name
        )
    return value


def _messages(body: Json) -> tuple[Message, ...]:
    items = _checked(body, "messages", list, [])
    if not items:
        raise Refused("'messages' must be a list with at least one message.", param="messages")
    return tuple(_message(item, f"messages[{i}]") for i, item in enumerate(items))


def _message(item: object, where: str) -> Message:
    if not isinstance(item, dict) or item.get("role") not in ROLES:
        raise Refused(f"Invalid message: expected a role out of {', '.join(ROLES)}.", param=f"{where}.role")
    content = item.get("content")
    if content is not None and not isinstance(content, str | list):
        raise Refused("Invalid message: expected a string or a list of blocks.", param=f"{where}.content")
    calls = item.get("tool_calls") or []
    return Message(
        role=item["role"],
        text=text_of(content),
        tool_call_id=item.get("tool_call_id"),
        tool_calls=tuple(_call(call, f"{where}.tool_calls[{i}]") for i, call in enumerate(calls)),
    )


def _call(item: object, where: str) -> tuple[str, str, str]:
    function = item.get("function") if isinstance(item, dict) else None
    if not isinstance(item, dict) or not isinstance(function, dict):
        raise Refused("Invalid tool call: expected an object with a function.", param=where)
    return str(item.get("id", "")), str(function.get("name", "")), str(function.get("arguments", ""))


def _tool(item: object, number: int) -> Tool:
    function = item.get("function") if isinstance(item, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise Refused("Invalid tool: expected a function with a name.", param=f"tools[{number}].function")
    return Tool(
        name=function["name"],
        description=str(function.get("description") or ""),
        parameters=function.get("parameters") or {},
    )


def _tool_choice(value: object) -> tuple[Choice, str | None]:
    match value:
        case None | "auto":
            return "auto", None
        case "none":
            return "none", None
        case "required" | "any":
            return "required", None
        case {"type": "function", "function": {"name": str(name)}}:
            return "named", name
    raise Refused(
        "Invalid tool_choice: expected 'auto', 'none', 'required' or a function's name.", param="tool_choice"
    )


def _schema(value: object) -> Json | None:
    match value:
        case None | {"type": "text"}:
            return None
        case {"type": "json_object"}:
            return {"type": "object"}
        case {"type": "json_schema", "json_schema": {"schema": dict(schema)}}:
            return schema
    raise Refused(
        "Invalid response_format: expected text, json_object or json_schema.", param="response_format"
    )


def _max_tokens(body: Json) -> int | None:
    name = "max_completion_tokens" if body.get("max_completion_tokens") is not None else "max_tokens"
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise Refused(f"Invalid {name!r}: expected a whole number of at least 1.", param=name)
    return value
