"""The faults that can be brought about on demand, as data: how, and which codes must be found then.

Pure. What needs a run of its own kind (a cancelled call, parallel calls, a slow reader, HTTP) is not here.
"""

from __future__ import annotations

from dataclasses import dataclass

PROMPT = "What items are in the bedroom?"
PACE_MS = 10
"""Slow enough that it can be told whether words waited for the end."""
PATHS = ("ainvoke", "astream:messages", "events:v3")
OURS = ("local", "bridged")
HEALTHY = "healthy"


@dataclass(frozen=True, slots=True)
class Case:
    """One fault: `model` are options of the scripted model, `quirks` those of tools and server.

    `codes` must be found; `follows` may be found as well, because it follows from the fault.
    """

    name: str
    codes: tuple[str, ...] = ()
    model: str = ""
    quirks: tuple[str, ...] = ()
    placements: tuple[str, ...] = OURS
    paths: tuple[str, ...] = PATHS
    tool: str = "list_items"
    follows: tuple[str, ...] = ()
    repeat: int = 2


def _model(option: str, code: str, *follows: str) -> Case:
    return Case(f"model: {option}", (code,), model=option, follows=follows)


def _quirk(name: str, code: str) -> Case:
    return Case(name, (code,), quirks=(name,))


PLAIN = ("TOKENS_STOP_AT_BOUNDARY", "NO_PROGRESS_REQUESTED", "SESSION_PER_CALL")
CASES = (
    _model("random=1", "NONDETERMINISM"),
    _model("bare_stream=1", "STREAM_ENDPOINT_DIFFERS"),
    _model("other_model_streaming=1", "DIFFERENT_MODEL_WHEN_STREAMING"),
    _model("fault=cut_arguments", "TRUNCATED_ARGUMENTS_EXECUTED", "ERROR_RAISED_VS_RETURNED"),
    _quirk("cached", "CACHED"),
    _quirk("stateful", "STATEFUL_TOOL"),
    _quirk("postprocessed", "POSTPROCESSED"),
    _quirk("other_request", "DIFFERENT_REQUEST"),
    _quirk("content_upper", "CONTENT_BLOCKS_BREAK_TOOL"),
    _quirk("explicit_astream", "INNER_STREAM_DARK"),
    _quirk("raises", "ERROR_RAISED_VS_RETURNED"),
    _quirk("wrong_partials", "PARTIAL_VALUES_WRONG"),
    _quirk("late", "LATE_PROGRESS"),
    _quirk("reordered", "REORDERED"),
    _quirk("lossy", "LOST_FRAMES"),
    _quirk("buffered", "REPLAYED_AT_END"),
    Case("plain adapters", PLAIN, placements=("local", "adapters"), paths=("astream:messages",)),
    Case(
        "plain held",
        ("CONTEXT_LOST",),
        placements=("local", "held"),
        paths=("astream:custom",),
        tool="tell_joke",
        follows=PLAIN[:2],
    ),
    Case("two at once", ("STATEFUL_TOOL", "LOST_FRAMES"), quirks=("stateful", "lossy")),
)


def healthy(*, paths: tuple[str, ...], repeat: int) -> Case:
    """Nothing is wrong, on these paths, so often: nothing may be found but notes."""
    return Case(HEALTHY, paths=paths, repeat=repeat)
