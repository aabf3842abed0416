"""All causes over one comparison's evidence: each code's own function, and what is left at the end.

Pure. Knows the order of the codes; each function knows its own code only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from client_demo.causes import (
    asking,
    caching,
    calling,
    lanes,
    outcomes,
    probes,
    provider,
    provisional,
    sessions,
    wire,
)
from client_demo.causes.findings import Finding
from client_demo.causes.unexplained import unexplained
from client_demo.evidence.data import Evidence

Cause = Callable[[Evidence], Iterable[Finding]]

CAUSES: dict[str, Cause] = {
    "NONDETERMINISM": provider.nondeterminism,
    "DIFFERENT_MODEL_WHEN_STREAMING": provider.different_model,
    "STREAM_ENDPOINT_DIFFERS": provider.stream_endpoint,
    "DIFFERENT_REQUEST": asking.different_request,
    "CACHED": caching.cached,
    "STATEFUL_TOOL": outcomes.stateful,
    "POSTPROCESSED": outcomes.postprocessed,
    "TRUNCATED_ARGUMENTS_EXECUTED": calling.truncated_arguments,
    "CONTENT_BLOCKS_BREAK_TOOL": calling.content_blocks,
    "ERROR_RAISED_VS_RETURNED": calling.error_raised,
    "INNER_STREAM_DARK": lanes.inner_stream_dark,
    "TOKENS_STOP_AT_BOUNDARY": lanes.tokens_stop_at_boundary,
    "NO_PROGRESS_REQUESTED": lanes.no_progress_requested,
    "CONTEXT_LOST": lanes.context_lost,
    "CALLBACK_SWALLOWED": lanes.callback_swallowed,
    "LATE_PROGRESS": wire.late_progress,
    "REORDERED": wire.reordered,
    "LOST_FRAMES": wire.lost_frames,
    "REPLAYED_AT_END": wire.replayed_at_end,
    "JSON_RESPONSE_MODE": wire.json_response_mode,
    "MISATTRIBUTED": wire.misattributed,
    "SESSION_PER_CALL": sessions.session_per_call,
    "CANCEL_LEAK": probes.cancel_leak,
    "SLOW_CONSUMER_STALLS_GRAPH": probes.slow_consumer,
    "SYNC_TOOL_BLOCKS": probes.sync_tool,
    "PARTIAL_VALUES_WRONG": provisional.partial_values,
}
"""The function of each code, from the provider up."""


def find(evidence: Evidence) -> tuple[Finding, ...]:
    """Find every cause that the evidence proves, and say what it leaves unexplained."""
    found = [one for cause in CAUSES.values() for one in cause(evidence)]
    return (*found, *unexplained(evidence, found))
