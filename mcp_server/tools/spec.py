"""What a tool is to whoever offers it: a name, words for people, and a body.

Knows how a body's signature becomes a JSON schema and how wrong arguments become a sentence, both with the
very machinery that FastMCP uses, so that every placement shows a model the same tool. Knows no tool by name,
opens no model and imports no LangChain.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from mcp.server.fastmcp.utilities.func_metadata import FuncMetadata, func_metadata
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mcp_server.errors import BadArguments

REPORTER = "reporter"
"""The parameter of a body that is not an argument of its tool."""


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """One tool: `body(arguments..., *, reporter)` does the work, wherever it runs."""

    name: str
    title: str
    description: str
    body: Callable[..., Awaitable[str]]


def schema(spec: ToolSpec) -> dict[str, Any]:
    """Return the tool's `inputSchema`, equal to the one that the server lists."""
    return _signature(spec).arg_model.model_json_schema(by_alias=True)


def check(spec: ToolSpec, arguments: Mapping[str, Any]) -> None:
    """Raise `BadArguments` where the tool cannot be called like this.

    Arguments that the tool does not know are let through, as FastMCP does: several hosts add their own.
    """
    signature = _signature(spec)
    try:
        signature.arg_model.model_validate(signature.pre_parse_json(dict(arguments)))
    except ValidationError as error:
        known = list(signature.arg_model.model_fields)
        problems = [_problem(detail, arguments, known) for detail in error.errors(include_url=False)]
        raise BadArguments(tool=spec.name, problems=problems, known=known) from None


@lru_cache(maxsize=64)
def _signature(spec: ToolSpec) -> FuncMetadata:
    return func_metadata(spec.body, skip_names=[REPORTER], structured_output=False)


def _problem(detail: ErrorDetails, arguments: Mapping[str, Any], known: list[str]) -> str:
    name = str(detail["loc"][0]) if detail["loc"] else "arguments"
    limits = detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            return f"{name!r} is missing{_meant(name, arguments, known)}"
        case "string_too_short" | "blank":
            return f"{name!r} must not be empty"
        case "string_too_long":
            chars = len(str(detail["input"]))
            return f"{name!r} has {chars:,} characters and at most {limits['max_length']:,} fit"
        case _:
            return f"{name!r} {_wish(detail)}, not {_shown(detail['input'])}"


def _meant(name: str, arguments: Mapping[str, Any], known: list[str]) -> str:
    strangers = [given for given in arguments if given not in known]
    close = get_close_matches(name, strangers, n=1, cutoff=0.6)
    return f" (given was {close[0]!r})" if close else ""


def _wish(detail: ErrorDetails) -> str:
    wish = (
        detail["msg"].removeprefix("Input should be ").split(",")[0].replace("a valid integer", "an integer")
    )
    return f"must be {wish}".replace("a valid", "a")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
