"""What a server offers, asked once before anything is compared, so that what cannot work is told at once.

Speaks by the doctor's hands, which nothing that a server does can surprise. Knows greetings, lists of tools
and JSON Schema; decides nothing about the comparison.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from jsonschema.exceptions import SchemaError, best_match  # type: ignore[import-untyped]
from referencing.exceptions import Unresolvable

from client_demo.doctor.choice import ArgumentsUnfit, Listed, is_harmless, made_up
from client_demo.doctor.dialogue import open_dialogue
from client_demo.doctor.probes.opening import connect, list_tools
from client_demo.doctor.record import Record
from client_demo.errors import UnknownName, UsageError
from client_demo.servers.target import Target
from client_demo.text.redaction import Redactor
from throughline.errors import EXIT_AUTH, EXIT_UNREACHABLE, ThroughlineError

HOW_ARGS = """write it as '{"name": "value"}'."""


class ServerUnusable(ThroughlineError):
    """A server that was named does not start, cannot be reached, or does not speak MCP."""

    def __init__(self, *, server: str, seen: Sequence[str], remedy: str, refused: bool) -> None:
        self.server = server
        self.seen = tuple(seen)
        self.exit_code = EXIT_AUTH if refused else EXIT_UNREACHABLE
        super().__init__(f"The MCP server {server!r} cannot be used ({'; '.join(seen)})", remedy=remedy)


class NoTool(UsageError):
    """None of a server's tools is called without having been named."""

    def __init__(self, *, server: str, tools: Sequence[str]) -> None:
        self.server = server
        self.tools = tuple(tools)
        super().__init__(
            f"Every tool of the MCP server {server!r} may change something, as far as names tell",
            remedy=f"choose one yourself with --tool: {', '.join(tools)}.",
        )


async def survey(target: Target, *, limit_s: float) -> tuple[Listed, ...]:
    """Start or reach a server, and list its tools. Raises: ServerUnusable."""
    record = Record()
    async with open_dialogue(target, record, count(1)) as dialogue:
        check = await connect(dialogue, limit_s)
        tools: tuple[Listed, ...] = ()
        if dialogue.greeting:
            tools, listed = await list_tools(dialogue, limit_s)
            check = check if tools else listed
        refused = not dialogue.lost and dialogue.wire.key_refused
        if dialogue.greeting and not dialogue.lost:  # it is ours to end politely; else it is killed
            await dialogue.end()
    if not tools:
        seen = tuple(map(Redactor(target.secrets).text, (check.sentence, *check.evidence)))
        raise ServerUnusable(server=target.title, seen=seen, remedy=check.remedy, refused=refused)
    return tools


def tool_named(tools: Sequence[Listed], name: str) -> Listed:
    """Find a tool; the error of an unknown one gives the nearest."""
    for tool in tools:
        if tool.get("name") == name:
            return tool
    raise UnknownName(kind="tool on this server", name=name, valid=[str(tool.get("name")) for tool in tools])


def simplest(tools: Sequence[Listed]) -> tuple[str, dict[str, Any]] | None:
    """The harmless tool that needs the fewest arguments, and simple ones for it; None where there is none.

    One that needs some comes before those that need none: these tell about the machine, more than is asked.
    """
    safe = [tool for tool in tools if isinstance(tool.get("name"), str) and is_harmless(tool)]
    if not safe:
        return None
    needs = {id(tool): len(_schema(tool).get("required", ())) for tool in safe}
    chosen = min(safe, key=lambda tool: (needs[id(tool)] == 0, needs[id(tool)]))
    return str(chosen["name"]), made_up(dict(_schema(chosen)))


def read_object(option: str, text: str) -> dict[str, Any]:
    """Read an option that is a JSON object. Raises: UsageError."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{option} is not JSON ({error})", remedy=HOW_ARGS) from error
    if not isinstance(given, dict):
        raise UsageError(f"{option} is not a JSON object", remedy=HOW_ARGS)
    return given


def check_args(tool: Listed, args: Mapping[str, Any]) -> None:
    """Hold arguments against a tool's schema. Raises: ArgumentsUnfit, which names the field."""
    schema = _schema(tool)
    try:
        found = best_match(Draft202012Validator(schema).iter_errors(dict(args)))
    except (SchemaError, Unresolvable, TypeError, AttributeError):
        return  # a schema that is none: the server will say what it thinks of the arguments
    if found is not None:
        properties = schema.get("properties")
        names = tuple(properties) if isinstance(properties, Mapping) else ()
        raise ArgumentsUnfit(tool=str(tool.get("name")), reason=_misfit(found, args), properties=names)


def _misfit(error: Any, args: Mapping[str, Any]) -> str:
    field = ".".join(str(one) for one in error.absolute_path)
    if error.validator == "required":
        missing = next(one for one in error.validator_value if one not in error.instance)
        return f"{'.'.join(filter(None, (field, missing)))!r} is missing"
    if error.validator == "additionalProperties" and not field:
        known = error.schema.get("properties", {})
        return f"there is no {next(one for one in args if one not in known)!r}"
    said = str(error.message)
    return f"{field!r}: {said[:117] + '...' if len(said) > 120 else said}"


def _schema(tool: Listed) -> Mapping[str, Any]:
    found = tool.get("inputSchema")
    return found if isinstance(found, Mapping) else {}
