"""The codes: what each means, what to do about it, how grave it is, and which differences it accounts for.

Pure data, in the order in which findings are told: from the provider up. Knows no evidence.
"""

from __future__ import annotations

from dataclasses import dataclass

from client_demo.causes.findings import Severity

CALLS, RESULTS, STATUS, ANSWER = "tool calls", "tool results", "ends", "answer"
TOKENS, USAGE, METADATA, EVENTS = "tool tokens", "usage", "metadata", "events"

OUTCOMES = frozenset({CALLS, RESULTS, STATUS, ANSWER, TOKENS, EVENTS})
"""What a model's other words may lead to."""
TOLD = frozenset({USAGE, METADATA})
"""What stands beside an answer."""
FROM_RESULT = OUTCOMES - {CALLS}
LOSS = frozenset({TOKENS, EVENTS})
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Code:
    """One cause: its meaning in a line, the usual remedy, the usual severity, and what it accounts for."""

    meaning: str
    remedy: str
    severity: Severity
    explains: frozenset[str] = NOTHING


CODES: dict[str, Code] = {
    "NONDETERMINISM": Code(
        "the provider answers the same request with different words",
        "set temperature=0 and a seed where the provider has one, or compare many runs of each path.",
        "warning",
        OUTCOMES | TOLD,
    ),
    "DIFFERENT_MODEL_WHEN_STREAMING": Code(
        "the provider streams from another model than it answers in one piece",
        "name an exact model version, or set streaming=True (or False) on the chat model for every path.",
        "harm",
        OUTCOMES | TOLD,
    ),
    "STREAM_ENDPOINT_DIFFERS": Code(
        "the path makes the provider stream, and its stream lacks what its whole answer has",
        "set stream_usage=True for usage; streaming=False on the chat model keeps one endpoint on all paths.",
        "warning",
        OUTCOMES | TOLD,
    ),
    "DIFFERENT_REQUEST": Code(
        "the provider was asked something else, though what led to the request was the same",
        "make the request in one place, whether it is streamed or not.",
        "harm",
        OUTCOMES | TOLD,
    ),
    "CACHED": Code(
        "a whole answer came from a cache: the provider was not asked",
        "turn the cache off while comparing, or let it serve streaming callers as well.",
        "warning",
        FROM_RESULT | TOLD,
    ),
    "STATEFUL_TOOL": Code(
        "the tool's outcome follows the order of its calls, not the path",
        "keep state out of the tool, or start it afresh for each run.",
        "warning",
        OUTCOMES,
    ),
    "POSTPROCESSED": Code(
        "the tool (or the agent) changes the model's text after it was streamed: tokens do not add up to it",
        "apply the change piece by piece as well, or show the result in place of the tokens at the end.",
        "warning",
        FROM_RESULT,
    ),
    "TRUNCATED_ARGUMENTS_EXECUTED": Code(
        "a tool was run on arguments that the model had not finished",
        "check finish_reason before tools run, or set disable_streaming='tool_calling' on the chat model.",
        "harm",
        OUTCOMES,
    ),
    "CONTENT_BLOCKS_BREAK_TOOL": Code(
        "under v3 the tool's model returns a list of blocks as .content, and the tool expects text",
        "use reply.text in place of reply.content.",
        "harm",
        FROM_RESULT,
    ),
    "ERROR_RAISED_VS_RETURNED": Code(
        "the tool's error ends the run in one placement and is a message to the model in another",
        "return errors as text in the tool, or have them raised everywhere (handle_tool_errors=False).",
        "warning",
        FROM_RESULT,
    ),
    "INNER_STREAM_DARK": Code(
        "the tool streams its model in a way that this path does not show",
        "call the model with ainvoke in the tool: that streams on every path.",
        "warning",
        LOSS,
    ),
    "TOKENS_STOP_AT_BOUNDARY": Code(
        "the tool's tokens end at the server: nothing carries them to the caller",
        "put @streamed on the tool and open the session with throughline.client.open_session.",
        "warning",
        LOSS,
    ),
    "NO_PROGRESS_REQUESTED": Code(
        "the call has no progressToken, so the server must not report",
        "pass a progress callback, or use throughline's bridge, which asks by itself.",
        "warning",
        LOSS,
    ),
    "CONTEXT_LOST": Code(
        "progress arrived, and was written outside of the graph's context, so nobody saw it",
        "hand progress to the tool's own task before writing it; throughline's bridge does.",
        "warning",
        LOSS,
    ),
    "CALLBACK_SWALLOWED": Code(
        "a progress callback raised, and the exception went to the log only",
        "catch what the callback may raise, or only put what it gets into a queue.",
        "warning",
        LOSS,
    ),
    "LATE_PROGRESS": Code(
        "progress arrived after the result, when nobody listened any more",
        "await every notification before the tool returns.",
        "harm",
        LOSS,
    ),
    "REORDERED": Code(
        "progress arrived in another order than it was sent in",
        "send and handle notifications one after the other: no task of its own for each.",
        "harm",
        LOSS,
    ),
    "LOST_FRAMES": Code(
        "the server sent more frames than arrived",
        "look for a proxy or a full queue between server and client that drops notifications.",
        "harm",
        LOSS,
    ),
    "REPLAYED_AT_END": Code(
        "everything arrived at once, when the tool was done",
        "turn buffering off between server and client (X-Accel-Buffering: no; flush stdout).",
        "warning",
        LOSS,
    ),
    "JSON_RESPONSE_MODE": Code(
        "the server answers with one JSON body, in which no progress can travel",
        "turn json_response off on the server.",
        "harm",
        LOSS,
    ),
    "MISATTRIBUTED": Code(
        "what one call said was handed to another",
        "tell parallel calls apart by their progressToken, not by the tool's name.",
        "harm",
        LOSS | {RESULTS, ANSWER},
    ),
    "SESSION_PER_CALL": Code(
        "each call opens a session, and a server, of its own",
        "hold one session (client.session(), or throughline's open_session) and load the tools from it.",
        "warning",
    ),
    "CANCEL_LEAK": Code(
        "the caller left, and the tool's model went on",
        "send notifications/cancelled for the call; throughline's bridge does.",
        "harm",
    ),
    "SLOW_CONSUMER_STALLS_GRAPH": Code(
        "a slow reader of the stream delays the graph itself",
        "read the stream into a queue at once, and work from there.",
        "note",
    ),
    "SYNC_TOOL_BLOCKS": Code(
        "the tool blocks its event loop: everything else waits for it",
        "await in the tool, or run what blocks in a thread (anyio.to_thread.run_sync).",
        "harm",
    ),
    "PARTIAL_VALUES_WRONG": Code(
        "a partial value was contradicted by the final one",
        "hand out only what is settled, or mark partial values as provisional where they are shown.",
        "warning",
        LOSS,
    ),
    "UNEXPLAINED": Code(
        "a difference that no other code accounts for",
        "repeat with more runs and --record, on a simpler prompt, and compare the recordings.",
        "warning",
    ),
}
