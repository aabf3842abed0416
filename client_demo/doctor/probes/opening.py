"""CONNECT and TOOLS: how a server greets, and what it lists.

Knows `initialize` and `tools/list`, and what hosts and model providers make of names and schemas.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from client_demo.doctor.checks import Check, bad, good, warning, worst
from client_demo.doctor.choice import Listed
from client_demo.doctor.dialogue import PROTOCOL, Dialogue
from client_demo.doctor.patient import now
from client_demo.doctor.record import brief, span, told

MOST_PAGES = 20
RUN_IT = "run its command by hand and read what it prints."
CORRECT = "correct the URL."
KEY = "give it its key, in the `headers` of a JSON file."
SLOW_S = 10.0
_NOT_HERE = re.compile(r"HTTP (?:404|405|410|501)\b")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_VERSION = re.compile(r"\d{4}-\d\d-\d\d")


async def connect(dialogue: Dialogue, limit_s: float) -> Check:
    """CONNECT. Greets the server; where that fails, `dialogue.greeting` stays empty."""
    began = now()
    if dialogue.lost:
        return bad("CONNECT", f"it cannot be started ({dialogue.lost})", remedy="correct the command.")
    answer = await dialogue.greet(limit_s)
    if not dialogue.greeting:
        return _no_greeting(dialogue, answer, limit_s)
    took = now() - began
    evidence = (
        f"{_server(dialogue.greeting)}, MCP {dialogue.greeting.get('protocolVersion')}, in {span(took)}"
    )
    version = dialogue.greeting.get("protocolVersion")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        sentence = "it answers `initialize` without a version of MCP"
        return bad(
            "CONNECT", sentence, evidence, remedy=f"answer with `protocolVersion`, for example {PROTOCOL}."
        )
    if missing := [key for key in ("serverInfo", "capabilities") if key not in dialogue.greeting]:
        sentence = f"it answers `initialize` without `{missing[0]}`"
        return bad("CONNECT", sentence, evidence, remedy="answer with all that MCP requires.")
    if took > SLOW_S:
        remedy = "import what takes time after `initialize`; some hosts wait for 30 s, some less."
        return warning("CONNECT", f"it takes {took:.0f} s to answer `initialize`", evidence, remedy=remedy)
    return good("CONNECT", "it answers `initialize`", evidence)


def _no_greeting(dialogue: Dialogue, answer: dict[str, Any] | None, limit_s: float) -> Check:
    if dialogue.echoes:
        remedy = "name the command that starts the server." if _piped(dialogue) else CORRECT
        return bad("CONNECT", "it sends back what it is sent, and is no MCP server", remedy=remedy)
    told_by = _silent_process if _piped(dialogue) else _silent_endpoint
    return told_by(dialogue, answer, limit_s)


def _silent_process(dialogue: Dialogue, answer: dict[str, Any] | None, limit_s: float) -> Check:
    aside = tuple(f"stderr: {line}" for line in dialogue.wire.aside[-2:])
    noise = tuple(f"stdout: {brief(line)!r}" for line in dialogue.record.noise[:1])
    if dialogue.lost:
        return bad("CONNECT", f"before it answered, {dialogue.lost}", *noise, *aside, remedy=RUN_IT)
    if answer is not None:
        return bad("CONNECT", f"it refuses `initialize`: {told(answer)}", *aside, remedy=RUN_IT)
    if noise:
        sentence = f"what it writes on standard output is not MCP, and no answer came in {limit_s:g} s"
        return bad("CONNECT", sentence, *noise, *aside, remedy="start it as an MCP server on stdio.")
    sentence = f"it did not answer `initialize` within {limit_s:g} s"
    return bad("CONNECT", sentence, *aside, remedy=f"raise --timeout if it is slow, or {RUN_IT}")


def _silent_endpoint(dialogue: Dialogue, answer: dict[str, Any] | None, limit_s: float) -> Check:
    if dialogue.lost:
        return bad("CONNECT", f"it cannot be reached: {dialogue.lost}", remedy=f"start it, or {CORRECT}")
    if answer is None:
        sentence = f"it did not answer `initialize` within {limit_s:g} s"
        return bad("CONNECT", sentence, remedy=f"raise --timeout if it is slow, or {CORRECT}")
    error = answer.get("error")
    failure = next(iter(dialogue.wire.aside), "")
    if not failure or not isinstance(error, dict) or error.get("message") != failure:
        return bad("CONNECT", f"it refuses `initialize`: {told(answer)}", remedy="read its log.")
    remedy = KEY if dialogue.wire.key_refused else _mend(failure)
    return bad("CONNECT", f"`initialize` comes to nothing there: {failure}", remedy=remedy)


def _mend(failure: str) -> str:
    """What to do about an HTTP failure."""
    if "redirected to" in failure:
        return "give the URL that it redirects to."
    if _NOT_HERE.match(failure):
        return "correct the URL: it has to be the server's streamable HTTP endpoint, often /mcp."
    return f"read the server's log, or {CORRECT}"


async def list_tools(dialogue: Dialogue, limit_s: float) -> tuple[tuple[Listed, ...], Check]:
    """TOOLS, and the tools."""
    tools: list[Listed] = []
    cursor: Any = None
    for _ in range(MOST_PAGES):
        answer = await dialogue.ask("tools/list", {"cursor": cursor} if cursor else {}, limit_s=limit_s)
        result = (answer or {}).get("result")
        listed = result.get("tools") if isinstance(result, dict) else None
        if not isinstance(listed, list):
            return (), _no_list(dialogue, answer, limit_s)
        tools += [tool for tool in listed if isinstance(tool, dict)]
        cursor = result.get("nextCursor") if isinstance(result, dict) else None
        if not cursor:
            return tuple(tools), judge(tools)
    sentence = f"its list of tools has no end after {MOST_PAGES} pages"
    return tuple(tools), bad("TOOLS", sentence, remedy="leave `nextCursor` out of the last page.")


def _no_list(dialogue: Dialogue, answer: dict[str, Any] | None, limit_s: float) -> Check:
    capabilities = dialogue.greeting.get("capabilities")
    if isinstance(capabilities, dict) and "tools" not in capabilities and not dialogue.lost:
        return warning(
            "TOOLS", "it offers no tools", remedy="declare the capability `tools`, if it has some."
        )
    said = dialogue.lost or (told(answer) if answer else f"no answer in {limit_s:g} s")
    return bad("TOOLS", f"it does not list its tools ({said})", remedy="answer `tools/list` with a list.")


def judge(tools: Sequence[Listed]) -> Check:
    """TOOLS: what is wrong with a list of tools."""
    names = [str(tool.get("name", "")) for tool in tools]
    found: list[Check] = []
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        found.append(
            bad("TOOLS", f"several tools have the name {twice[0]!r}", remedy="give each a name of its own.")
        )
    if no_schema := [name for name, tool in zip(names, tools, strict=True) if not _is_schema(tool)]:
        sentence = f"{_these(no_schema)} no `inputSchema` of type object"
        found.append(bad("TOOLS", sentence, remedy='write {"type": "object"} where a tool takes nothing.'))
    if odd := [name for name in names if not _NAME.fullmatch(name)]:
        sentence = f"{_these(odd)} a name that model providers refuse"
        remedy = "use letters, digits, _ and -, 64 at most."
        found.append(warning("TOOLS", sentence, remedy=remedy))
    if silent := [str(tool.get("name")) for tool in tools if not str(tool.get("description") or "").strip()]:
        sentence = f"{_these(silent)} no description, and a model cannot know what for to call it"
        found.append(warning("TOOLS", sentence, remedy="describe each tool in a sentence."))
    if not tools:
        return warning("TOOLS", "it lists no tools", remedy="register some, or check its configuration.")
    count = "1 tool is" if len(tools) == 1 else f"{len(tools)} tools are"
    return worst([*found, good("TOOLS", f"{count} listed", brief(", ".join(names), 160))])


def _is_schema(tool: Listed) -> bool:
    schema = tool.get("inputSchema")
    return isinstance(schema, dict) and schema.get("type") == "object"


def _these(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:3])
    return f"{shown} has" if len(names) == 1 else f"{shown}{' and others' if len(names) > 3 else ''} have"


def _server(greeting: dict[str, Any]) -> str:
    info = greeting.get("serverInfo")
    info = info if isinstance(info, dict) else {}
    return f"{info.get('name', 'a server without a name')} {info.get('version', '')}".strip()


def _piped(dialogue: Dialogue) -> bool:
    return dialogue.wire.transport == "stdio"
