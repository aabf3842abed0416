"""What `throughline compare` was asked for, and what of it can be checked before anything is started.

Knows the options and which of them go together; starts nothing, and knows no console.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from client_demo.commands.survey import check_args, read_object, tool_named
from client_demo.errors import EmptyPrompt, UsageError
from client_demo.experiment.compare import REFERENCE, Plan
from client_demo.experiment.foreign import ForeignAgent
from client_demo.experiment.probes import probes_named
from client_demo.paths import PATHS, path_named
from client_demo.placements import PLACEMENTS, own_tools, placement_named, quirks_named
from client_demo.report.write import Files
from client_demo.servers.far import Transport
from client_demo.servers.naming import read_target
from client_demo.servers.target import Target
from client_demo.text.redaction import redacted
from throughline.codec import scrub

ALL = ("all",)
PROMPT = "What items are in the bedroom?"
TOOL = "list_items"
NO_AGENT = "--args calls a tool without any agent"
APART = (
    ("quirk", "server", "--quirk is for throughline's own server", "leave --server out."),
    ("transport", "server", "--transport is for throughline's own server", "name yours by its URL."),
    ("args", "agent", f"{NO_AGENT}, and --agent names one", "leave one of them out."),
    ("args", "prompt", f"{NO_AGENT}, so there is nobody to read a prompt", "leave one of them out."),
    ("given", "prompt", "--input is all that the agent is given", "leave the prompt out."),
    ("minimal", "given", "--minimal cannot make an --input any simpler", "give a simpler one by hand."),
)
"""Options that mean nothing together, and what is said then."""
TOGETHER = (
    ("args", "tool", "--args is given without --tool", "say which tool they are for."),
    ("given", "agent", "--input is what an agent of yours is given", "name it with --agent."),
)
"""Options that mean nothing without another."""
NOT_HERE = "its code is not here, so its tools cannot run in this process"


@dataclass(frozen=True, slots=True)
class Request:
    """The options of the command, and the environment that they are to be read in.

    `live_env` is the process's own environment, which a stranger's agent reads; `env` a copy of it.
    """

    prompt: str | None
    placements: tuple[str, ...]
    paths: tuple[str, ...]
    tool: str | None
    model: str
    repeat: int
    timeout: float
    server: str | Target | None
    record: Path | None
    files: Files
    env: Mapping[str, str]
    dotenv: Path
    quirk: tuple[str, ...] = ()
    args: str | None = None
    agent: str | ForeignAgent | None = None
    given: str | None = None
    transport: Transport = "stdio"
    probe: tuple[str, ...] = ()
    minimal: bool = False
    fail_on: str | None = None
    live_env: MutableMapping[str, str] = field(default_factory=dict, repr=False)


def plan_of(request: Request) -> Plan:
    """Check the options; an unknown name is told with the nearest valid one."""
    _check_company(request)
    placements = [p.name for p in PLACEMENTS] if request.placements == ALL else request.placements or ("",)
    paths = [p.name for p in PATHS] if request.paths == ALL else request.paths or ("",)
    args = read_object("--args", request.args) if request.args is not None else None
    plan = Plan(
        prompt=_prompt(request, args),
        tool=request.tool or "",
        placements=tuple(dict.fromkeys(placement_named(name).name for name in placements)),
        paths=tuple(dict.fromkeys(path_named(name).name for name in paths)),
        repeat=request.repeat,
        timeout_s=request.timeout,
        server=_server(request),
        quirks=quirks_named(request.quirk, transport=request.transport),
        args=args,
        given=_given(request.given),
        transport=request.transport,
        probes=probes_named(request.probe),
    )
    if plan.server is None:
        return _ours(plan, agent=request.agent is not None)
    plan = replace(plan, notes=_unseen(plan.server))
    return fitted(plan, {REFERENCE: NOT_HERE}, of="a server of yours")


def fitted(plan: Plan, reasons: Mapping[str, str], *, of: str) -> Plan:
    """Leave out the placements that do not apply. Raises: UsageError where none is left."""
    left = tuple(name for name in plan.placements if name not in reasons)
    unfit = {name: reasons[name] for name in plan.placements if name in reasons}
    if not left:
        valid = ", ".join(one.name for one in PLACEMENTS if one.name not in {**reasons, **plan.unfit})
        asked, reason = " or ".join(unfit), next(iter(unfit.values()))
        sentence = f"No run is possible in the placement {asked} with {of} ({reason})"
        raise UsageError(sentence, remedy=f"take one of {valid}." if valid else "leave --placements out.")
    return replace(plan, placements=left, unfit={**plan.unfit, **unfit})


def _check_company(request: Request) -> None:
    """Options that mean nothing together are refused, rather than one of them ignored."""

    def given(option: str) -> bool:
        return getattr(request, option) not in (None, False, (), "stdio")

    for option, other, sentence, remedy in APART:
        if given(option) and given(other):
            raise UsageError(sentence, remedy=remedy)
    for option, other, sentence, remedy in TOGETHER:
        if given(option) and not given(other):
            raise UsageError(sentence, remedy=remedy)


def _prompt(request: Request, args: Mapping[str, Any] | None) -> str:
    if args is not None:
        return f"{request.tool} {json.dumps(redacted(args), ensure_ascii=False)}"
    if request.given is not None:
        return request.given
    if request.prompt is None:
        return PROMPT
    if not request.prompt.strip():
        raise EmptyPrompt
    return scrub(request.prompt)


def _server(request: Request) -> Target | None:
    if request.server is None or isinstance(request.server, Target):
        return request.server
    return read_target(request.server, env=request.env)


def _given(text: str | None) -> Any:
    return None if text is None else read_object("--input", text)


def _ours(plan: Plan, *, agent: bool) -> Plan:
    """With our own server: its tools are known. An agent of somebody's has all of them, unless told."""
    name = plan.tool or ("" if agent else TOOL)
    if name:
        tool = tool_named(own_tools(), name)
        if plan.args is not None:
            check_args(tool, plan.args)
    return replace(plan, tool=name)


def _unseen(server: Target) -> tuple[str, ...]:
    """Why the provider calls of a server are not seen, where they are not."""
    if server.url:
        return ("The server runs elsewhere: what it asks a provider is not seen.",)
    if any(name.startswith("OPENAI_") for name in server.env):
        return ("The server's own file sets OPENAI_*: what it asks a provider is not seen.",)
    return ()
