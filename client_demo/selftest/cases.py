"""The faults that can be brought about on demand, as data: how, where, and which codes must be found then.

Pure. A fault of a tool's body or of the model concerns every placement, one of the server's wire only those
behind it that listen. `adapters` starts a server for each call, so a few cases stand for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from client_demo.experiment.probes import PROBES
from client_demo.paths import PATHS

PROMPT = "What items are in the bedroom?"
PACE_MS = 4
"""Slow enough that it can be told whether words waited for the end."""
EVERY_PATH = tuple(path.name for path in PATHS)
FEW_PATHS = ("ainvoke", "astream:messages", "events:v3")
ONE_PATH = ("ainvoke",)
OURS = ("local", "bridged")
HELD = ("local", "held", "bridged")
HEALTHY = "healthy"
LONG = "tokens=150"
"""An answer that is long enough to leave in the middle of it."""


@dataclass(frozen=True, slots=True)
class Case:
    """One fault: `model` are options of the scripted model, `quirks` those of tools and server.

    `codes` must be found, and blamed on no placement but those that it `concerns` (empty: any). `follows` may
    be found as well, because it follows from the fault or lies in the nature of a placement.
    """

    name: str
    codes: tuple[str, ...] = ()
    model: str = ""
    quirks: tuple[str, ...] = ()
    placements: tuple[str, ...] = OURS
    paths: tuple[str, ...] = EVERY_PATH
    tool: str = "list_items"
    follows: tuple[str, ...] = ()
    concerns: tuple[str, ...] = ()
    repeat: int = 1
    probes: tuple[str, ...] = ()
    transport: Literal["stdio", "http"] = "stdio"


BOUNDARY = ("TOKENS_STOP_AT_BOUNDARY", "NO_PROGRESS_REQUESTED")
PLAIN = (*BOUNDARY, "SESSION_PER_CALL")


def _model(option: str, code: str, *follows: str) -> Case:
    return Case(
        f"model: {option}",
        (code,),
        model=option,
        placements=HELD,
        follows=("TOKENS_STOP_AT_BOUNDARY", *follows),
    )


def _body(name: str, code: str) -> Case:
    return Case(name, (code,), quirks=(name,), placements=HELD, follows=BOUNDARY)


def _wire(name: str, code: str) -> Case:
    return Case(name, (code,), quirks=(name,), concerns=("bridged",))


def _per_call(name: str, code: str, *follows: str, model: str = "", quirks: tuple[str, ...] = ()) -> Case:
    """A fault behind the adapters' sessions for each call."""
    return Case(
        f"{name}, adapters",
        (code,),
        model=model,
        quirks=quirks,
        placements=("local", "adapters"),
        paths=FEW_PATHS,
        follows=(*PLAIN, *follows),
    )


def _probe(
    name: str,
    code: str,
    probe: str,
    *,
    quirks: Iterable[str] = (),
    placements: tuple[str, ...] = OURS,
    concerns: tuple[str, ...] = (),
    follows: tuple[str, ...] = (),
    model: str = "",
    tool: str = "list_items",
) -> Case:
    """A fault that only a probe meets."""
    return Case(
        name,
        (code,),
        model,
        tuple(quirks),
        placements,
        ONE_PATH,
        tool,
        follows,
        concerns,
        probes=(probe,),
    )


CASES = (
    _model("random=1", "NONDETERMINISM"),
    _model("bare_stream=1", "STREAM_ENDPOINT_DIFFERS"),
    _model("other_model_streaming=1", "DIFFERENT_MODEL_WHEN_STREAMING"),
    _model("fault=cut_arguments", "TRUNCATED_ARGUMENTS_EXECUTED", "ERROR_RAISED_VS_RETURNED"),
    _body("cached", "CACHED"),
    _body("stateful", "STATEFUL_TOOL"),
    _body("postprocessed", "POSTPROCESSED"),
    _body("other_request", "DIFFERENT_REQUEST"),
    _body("content_upper", "CONTENT_BLOCKS_BREAK_TOOL"),
    _body("explicit_astream", "INNER_STREAM_DARK"),
    _body("raises", "ERROR_RAISED_VS_RETURNED"),
    _body("wrong_partials", "PARTIAL_VALUES_WRONG"),
    _body("unaccountable", "UNEXPLAINED"),
    _wire("late", "LATE_PROGRESS"),
    _wire("reordered", "REORDERED"),
    _wire("lossy", "LOST_FRAMES"),
    _wire("buffered", "REPLAYED_AT_END"),
    Case("two at once: stateful, lossy", ("STATEFUL_TOOL", "LOST_FRAMES"), quirks=("stateful", "lossy")),
    Case(
        "two at once: late, raises", ("LATE_PROGRESS", "ERROR_RAISED_VS_RETURNED"), quirks=("late", "raises")
    ),
    Case(
        "two at once: other_request, model: bare_stream=1",
        ("DIFFERENT_REQUEST", "STREAM_ENDPOINT_DIFFERS"),
        model="bare_stream=1",
        quirks=("other_request",),
    ),
    Case("plain adapters", PLAIN, placements=("local", "adapters"), concerns=("adapters",)),
    Case(
        "plain held",
        ("CONTEXT_LOST",),
        placements=("local", "held"),
        tool="tell_joke",
        follows=BOUNDARY,
        concerns=("held",),
    ),
    _per_call("postprocessed", "POSTPROCESSED", quirks=("postprocessed",)),
    _per_call("raises", "ERROR_RAISED_VS_RETURNED", quirks=("raises",)),
    _per_call(
        "model: other_model_streaming=1", "DIFFERENT_MODEL_WHEN_STREAMING", model="other_model_streaming=1"
    ),
    _probe(
        "ignores_cancel",
        "CANCEL_LEAK",
        "cancel",
        quirks=("ignores_cancel",),
        concerns=("bridged",),
        model=LONG,
    ),
    _probe(
        "cancel, plain held",
        "CANCEL_LEAK",
        "cancel",
        placements=("local", "held"),
        concerns=("held",),
        model=LONG,
    ),
    _probe("sync", "SYNC_TOOL_BLOCKS", "ping", quirks=("sync",), placements=HELD),
    _probe("misattributed", "MISATTRIBUTED", "parallel", quirks=("misattributed",), concerns=("bridged",)),
    _probe(
        "slow reader", "SLOW_CONSUMER_STALLS_GRAPH", "slow reader", placements=("local", "held", "bridged")
    ),
    _probe(
        "raising callback",
        "CALLBACK_SWALLOWED",
        "callback",
        placements=("local", "held"),
        concerns=("held",),
        follows=(*BOUNDARY, "CONTEXT_LOST"),
        tool="tell_joke",
    ),
    Case(
        "json_response",
        ("JSON_RESPONSE_MODE",),
        quirks=("json_response",),
        concerns=("bridged",),
        transport="http",
    ),
)


def healthy(repeat: int) -> tuple[Case, ...]:
    """Nothing is wrong, on every path, so often, and whatever is probed: nothing may be found but notes."""
    return (
        Case(HEALTHY, repeat=repeat, probes=PROBES),
        Case(f"{HEALTHY}, a long answer", model=LONG, paths=FEW_PATHS, probes=PROBES),
        *(Case(f"{HEALTHY}, {tool}", tool=tool, probes=PROBES) for tool in ("ask", "tell_joke", "summarize")),
        Case(f"{HEALTHY}, over http", paths=EVERY_PATH, probes=PROBES, transport="http"),
    )
