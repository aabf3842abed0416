"""A plan made whole: what only the server and the agent themselves can say, asked before any run.

Starts the server once for its tools and imports the agent, which then asks the model of the comparison. Knows
what is left open by `request.py`; knows no console.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from client_demo.commands.request import Request, fitted
from client_demo.commands.survey import NoTool, check_args, simplest, survey, tool_named
from client_demo.doctor.choice import Listed
from client_demo.errors import UsageError
from client_demo.experiment.compare import REFERENCE, Plan, start_s
from client_demo.experiment.foreign import load_agent
from client_demo.experiment.subject import MESSAGES, InputMissing, input_fields
from client_demo.placements import PLACEMENTS, own_tools
from throughline.model.settings import ModelSettings

HOLDS_ITS_OWN = "the graph is compiled already and holds its own tools"
OLD_BASE_URL = "OPENAI_API_BASE"
PROXIES = ("NO_PROXY", "no_proxy")
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Settled:
    """A plan that can be carried out, and the tools that the server lists."""

    plan: Plan
    tools: tuple[Listed, ...]


async def settle(plan: Plan, request: Request, settings: ModelSettings) -> Settled:
    """Ask the server for its tools and import the agent. Raises what makes the comparison impossible."""
    tools: tuple[Listed, ...] = own_tools()
    if request.agent is not None:
        plan = _with_agent(plan, request)
    if plan.server is not None:
        told = plan.server.with_env(settings.as_seen_by("tool").to_env())
        tools = await survey(told, limit_s=start_s(plan))
        plan = _with_tool(plan, tools)
    return Settled(plan, tools)


@contextmanager
def pointed(live_env: MutableMapping[str, str], settings: ModelSettings) -> Iterator[None]:
    """For the length of the context, whoever reads OPENAI_* from the environment asks our endpoint."""
    ours = settings.as_seen_by("agent")
    changes = {**ours.to_env(), OLD_BASE_URL: ours.base_url}
    for name in PROXIES:
        changes[name] = ",".join(filter(None, (live_env.get(name), LOOPBACK)))
    before = {name: live_env.get(name) for name in changes}
    live_env.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                live_env.pop(name, None)
            else:
                live_env[name] = value


def _with_agent(plan: Plan, request: Request) -> Plan:
    assert request.agent is not None
    agent = load_agent(request.agent) if isinstance(request.agent, str) else request.agent
    plan = replace(plan, agent=agent)
    if agent.is_factory:
        return plan
    for option, value in (("--server", request.server), ("--tool", request.tool)):
        if value is not None:
            remedy = "name a factory that takes `tools`, or leave the option out."
            raise UsageError(f"{option} is of no use to {agent.given} ({HOLDS_ITS_OWN})", remedy=remedy)
    fields = input_fields(agent.found)
    if plan.given is None and MESSAGES not in fields:
        raise InputMissing(given=agent.given, fields=fields)
    note = f"{agent.given} is run as it is: its paths are compared with one another."
    plan = replace(plan, notes=(*plan.notes, note))
    elsewhere = {one.name: HOLDS_ITS_OWN for one in PLACEMENTS if one.name != REFERENCE}
    return fitted(plan, elsewhere, of=agent.given)


def _with_tool(plan: Plan, tools: tuple[Listed, ...]) -> Plan:
    """Find the tool, or choose one for our own agent, and hold its arguments against its schema."""
    assert plan.server is not None
    if plan.tool:
        tool = tool_named(tools, plan.tool)
        if plan.args is not None:
            check_args(tool, plan.args)
        return plan
    if plan.agent is not None:
        return plan
    chosen = simplest(tools)
    if chosen is None:
        raise NoTool(server=plan.server.title, tools=[str(tool.get("name")) for tool in tools])
    name, _ = chosen
    if len(tools) == 1:
        return replace(plan, tool=name)
    note = f"{name} was chosen of {len(tools)} tools, as one that does no harm; another: --tool NAME."
    return replace(plan, tool=name, notes=(*plan.notes, note))
