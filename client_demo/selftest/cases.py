"""The faults that can be brought about on demand, as data: how, where, and which codes must be found there.

Pure. A fault of a tool's body or of the model concerns every placement, one of the server's wire those behind
it that listen; what is out of that has its reason beside it (`why`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from client_demo.experiment.probes import PROBES
from client_demo.selftest.case import THROUGHOUT, Case, Codes, Where
from client_demo.servers.far import Transport

PROMPT = "What items are in the bedroom?"
PACE_MS = 4
"""Slow enough that it can be told whether words waited for the end."""
OURS = ("local", "bridged")
HELD = ("local", "held", "bridged")
FEW_PATHS = ("ainvoke", "astream:messages", "events:v3")
TOKEN_PATHS = ("astream:messages", "astream:messages+tools+updates", "events:v2", "events:v3")
"""Those on which a local tool's tokens are seen."""
WATCHED = ("astream:tools", *TOKEN_PATHS)
"""Those that make models stream."""
HEALTHY = "healthy"
LONG = "tokens=150"
"""An answer that is long enough to leave in the middle of it."""

STREAMED = Where(paths=WATCHED, why="only these make the provider stream")
CUT = Where(
    paths=tuple(path for path in WATCHED if path != "events:v3"),
    why="a whole answer is refused where it is cut, and v3 refuses it as well",
)
REMEMBERED = Where(HELD, why="a server for each call remembers nothing of the one before")
TOLD = Where(OURS, WATCHED, why="plain MCP does not tell a tool that its caller watches")
IN_V3 = Where(OURS, ("events:v3",), why="only v3 changes how models stream, and plain MCP keeps it out")
LOCALLY_OR_FRAMED = Where(OURS, why="a plain callback gets no partial values")
CARRIED = Where(("held", "bridged"), why="local has no wire")
FRAMED = Where(("bridged",), why="it is told by the numbers of frames, and only the bridge asks for these")
WAITED = Where(("bridged",), WATCHED, why="only streamed words can wait, and only the bridge gets any")
BRIDGED = Where(("bridged",), why="local has no wire")
ADAPTERS = Where(("adapters",), why="local has no wire")
HELD_ONLY = Where(("held",), why="only its progress goes to a callback of the user's, outside of the graph")
STEPS = Where(
    paths=(
        *("astream:values", "astream:updates", "astream:messages", "astream:debug", "astream:tasks"),
        *("astream:checkpoints", "astream:messages+tools+updates", "events:v3"),
    ),
    why="ainvoke, custom and tools hand out nothing before the tool starts; v2 is read by a task of its own",
)

BY_NATURE: Codes = {
    "TOKENS_STOP_AT_BOUNDARY": Where(
        ("adapters", "held"), ("astream:custom", *WATCHED), "plain MCP carries neither tokens nor values"
    ),
    "NO_PROGRESS_REQUESTED": ADAPTERS,
    "SESSION_PER_CALL": ADAPTERS,
}
"""What plain placements may be blamed for, whatever is tried."""
DROPPED: Codes = {"CONTEXT_LOST": HELD_ONLY}
"""What becomes of progress that a tool reports."""

NO_CODE = {
    "stop_midway": "the connection breaks, which ends a comparison with a sentence of its own",
    "slow_first_token": "slow is not wrong: it is tried as healthy",
}
"""The scripted model's faults that bring about no code."""


def _model(option: str, code: str, where: Where = THROUGHOUT, follows: Codes | None = None) -> Case:
    return Case(f"model: {option}", {code: where}, model=option, follows=follows or {})


def _body(name: str, code: str, where: Where = THROUGHOUT) -> Case:
    return Case(name, {code: where}, quirks=(name,), follows=DROPPED)


def _wire(name: str, code: str, where: Where, *, model: str = "", transport: Transport = "stdio") -> Case:
    """A tool that reports by itself, so that a plain callback hears it as well."""
    return Case(
        name,
        {code: where},
        model=model,
        quirks=(name,),
        placements=HELD,
        tool="tell_joke",
        follows=DROPPED,
        transport=transport,
        why="adapters asks for no progress: none is sent that could go wrong",
    )


def _two(quirks: Iterable[str], codes: Codes, model: str = "") -> Case:
    told = ", ".join([*quirks, *([f"model: {model}"] if model else [])])
    return Case(f"two at once: {told}", codes, model, tuple(quirks), OURS)


def _plain(placement: str, codes: Codes, tool: str = "list_items") -> Case:
    return Case(f"plain {placement}, {tool}", codes, placements=("local", placement), tool=tool)


def _probe(
    name: str,
    probe: str,
    codes: Codes,
    *,
    why: str,
    placements: tuple[str, ...] = HELD,
    quirks: tuple[str, ...] = (),
    model: str = "",
    tool: str = "list_items",
) -> Case:
    """A fault that only a probe meets, which is made on every path."""
    return Case(name, codes, model, quirks, placements, tool=tool, probes=(probe,), only_probes=True, why=why)


CASES = (
    _model("random=1", "NONDETERMINISM"),
    _model("bare_stream=1", "STREAM_ENDPOINT_DIFFERS", STREAMED),
    _model("other_model_streaming=1", "DIFFERENT_MODEL_WHEN_STREAMING", STREAMED),
    _model(
        "fault=cut_arguments", "TRUNCATED_ARGUMENTS_EXECUTED", CUT, follows={"ERROR_RAISED_VS_RETURNED": CUT}
    ),
    _model("fault=error&who=tool", "ERROR_RAISED_VS_RETURNED"),
    _model("fault=error_midway&who=tool", "ERROR_RAISED_VS_RETURNED"),
    _model("fault=invalid_json&who=tool", "ERROR_RAISED_VS_RETURNED"),
    _body("cached", "CACHED", REMEMBERED),
    _body("stateful", "STATEFUL_TOOL", REMEMBERED),
    _body("postprocessed", "POSTPROCESSED"),
    _body("other_request", "DIFFERENT_REQUEST", TOLD),
    _body("content_upper", "CONTENT_BLOCKS_BREAK_TOOL", IN_V3),
    _body("content_spelled", "CONTENT_BLOCKS_BREAK_TOOL", IN_V3),
    _body("explicit_astream", "INNER_STREAM_DARK", IN_V3),
    _body("raises", "ERROR_RAISED_VS_RETURNED"),
    _body("wrong_partials", "PARTIAL_VALUES_WRONG", LOCALLY_OR_FRAMED),
    _body("unaccountable", "UNEXPLAINED"),
    _plain(
        "adapters",
        {
            "TOKENS_STOP_AT_BOUNDARY": Where(("adapters",), TOKEN_PATHS, "local shows tokens on these"),
            "NO_PROGRESS_REQUESTED": ADAPTERS,
            "SESSION_PER_CALL": ADAPTERS,
        },
    ),
    _plain("held", {"TOKENS_STOP_AT_BOUNDARY": Where(("held",), TOKEN_PATHS, "local shows tokens on these")}),
    _plain(
        "held",
        {
            "TOKENS_STOP_AT_BOUNDARY": Where(
                ("held",), ("events:v2", "events:v3"), "astream shows no graph's"
            ),
            "CONTEXT_LOST": HELD_ONLY,
        },
        tool="tell_joke",
    ),
    _wire("late", "LATE_PROGRESS", CARRIED),
    _wire("reordered", "REORDERED", CARRIED),
    _wire("lossy", "LOST_FRAMES", FRAMED),
    _wire("buffered", "REPLAYED_AT_END", WAITED, model=LONG),
    _wire("json_response", "JSON_RESPONSE_MODE", FRAMED, transport="http"),
    _two(("stateful", "lossy"), {"STATEFUL_TOOL": THROUGHOUT, "LOST_FRAMES": BRIDGED}),
    _two(("late", "raises"), {"LATE_PROGRESS": BRIDGED, "ERROR_RAISED_VS_RETURNED": THROUGHOUT}),
    _two(
        ("other_request",),
        {"DIFFERENT_REQUEST": TOLD, "STREAM_ENDPOINT_DIFFERS": STREAMED},
        model="bare_stream=1",
    ),
    _probe(
        "ignores_cancel",
        "cancel",
        {"CANCEL_LEAK": BRIDGED},
        placements=OURS,
        quirks=("ignores_cancel",),
        model=LONG,
        why="held never cancels (below), and the server of adapters ends with its call",
    ),
    _probe(
        "cancel, plain held",
        "cancel",
        {"CANCEL_LEAK": Where(("held",), why="local has no server that goes on")},
        placements=("local", "held"),
        model=LONG,
        why="bridged has ignores_cancel (above)",
    ),
    _probe(
        "sync",
        "ping",
        {"SYNC_TOOL_BLOCKS": THROUGHOUT},
        quirks=("sync",),
        why="adapters holds no session to ping, and its server serves nobody else",
    ),
    _probe(
        "misattributed",
        "parallel",
        {"MISATTRIBUTED": FRAMED},
        quirks=("misattributed",),
        why="adapters asks for no progress, and has a server for each call",
    ),
    _probe(
        "slow reader",
        "slow reader",
        {"SLOW_CONSUMER_STALLS_GRAPH": STEPS},
        why="it stalls the graph, wherever the tool runs; adapters would only add the start of servers",
    ),
    _probe(
        "raising callback",
        "callback",
        {"CALLBACK_SWALLOWED": HELD_ONLY},
        placements=("local", "held"),
        tool="tell_joke",
        why="adapters has no callbacks here, and those of bridged are its own",
    ),
)


def healthy(repeat: int) -> tuple[Case, ...]:
    """Nothing is wrong, on every path, so often, and whatever is probed: nothing may be found but notes.

    What plain placements lose by nature stands in `CASES`.
    """
    ours: Callable[..., Case] = partial(Case, placements=OURS, in_pairs=True)
    return (
        ours(HEALTHY, repeat=repeat, probes=PROBES),
        ours(f"{HEALTHY}, a long answer", model=LONG, paths=FEW_PATHS, probes=PROBES),
        ours(f"{HEALTHY}, a slow model", model="fault=slow_first_token&slow_ms=100"),
        *(ours(f"{HEALTHY}, {tool}", tool=tool, probes=PROBES) for tool in ("ask", "tell_joke", "summarize")),
        ours(f"{HEALTHY}, over http", probes=PROBES, transport="http"),
        ours(f"{HEALTHY}, probed on every path", probes=PROBES, only_probes=True, in_pairs=False),
    )
