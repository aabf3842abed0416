"""Causes on the way from the server's side to the caller's lanes: where the tool's tokens end, and why.

Pure. What a path shows of a local tool is what it can show; with no local run to compare with, it is what
the path is made for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import median_low

from client_demo.causes import reading
from client_demo.causes.findings import Exhibit, Finding
from client_demo.causes.reading import LOCAL, V3, asked, finding, model_sights, short, spot
from client_demo.causes.wirelog import Call, calls, of_runs, runs_of
from client_demo.evidence.data import Evidence, RunEvidence

GRAPH = "LangGraph"
"""What a graph without a name of its own is called."""
SWALLOWED = "Progress callback raised"
ENDED = "The tool's model streamed, and its tokens ended at the server: plain MCP does not carry them."
UNASKED = "The wish to stream ended at the boundary: the tool's model was asked for its answer in one piece."
NO_CONTEXT = re.compile(r"outside of a runnable context|get_config|no stream writer", re.IGNORECASE)


def inner_stream_dark(evidence: Evidence) -> Iterable[Finding]:
    """The tool streamed its model, and one path that shows models did not show it, while another did."""
    by_place: defaultdict[str, list[RunEvidence]] = defaultdict(list)
    sent = of_runs(calls(evidence))
    for run in reading.compared(evidence):
        if reading.shows_models(run.run.cell.path) and _emitted(run) and run.sights:
            by_place[spot(run).placement].append(run)
    dark, bright = [], []
    for place, runs in by_place.items():
        shown = [run for run in runs if model_sights(run)]
        unseen = [run for run in runs if run not in shown and _silent(run, sent.get(run.number, ()))]
        if unseen and (shown or place == LOCAL):
            dark += unseen
            bright += shown
    graphs = [run for run in dark if spot(run).path != V3 and any(map(_in_a_graph, bright))]
    if graphs:
        yield _below(graphs, bright)
    if others := [run for run in dark if run not in graphs]:
        yield _dark(others, bright)


def _in_a_graph(run: RunEvidence) -> bool:
    """Whether the tool's model runs in a graph of the tool's own, which is below the caller's.

    v3 tells the nodes above it, one for each graph; elsewhere it is the names of what runs, graphs included.
    """
    return any(
        len(one.event.where) > 1 if spot(run).path == V3 else one.event.where.count(GRAPH) > 1
        for one in model_sights(run)
    )


def _below(dark: Sequence[RunEvidence], bright: Sequence[RunEvidence]) -> Finding:
    return finding(
        "INNER_STREAM_DARK",
        dark,
        "The tool's model runs in a graph of the tool's own, and this path shows no tokens of graphs below "
        "the caller's: by LangGraph's design, unless it is asked for them.",
        evidence=_dark_and_bright(dark, bright),
        severity="note",
        remedy="call astream with subgraphs=True, or astream_events.",
    )


def _silent(run: RunEvidence, sent: Sequence[Call]) -> bool:
    """Whether all that left the tool arrived: else its tokens may have been lost on the way."""
    if reading.failed(run) or run.run.status != "ok":
        return False
    if spot(run).placement == LOCAL:
        return True
    return bool(sent) and all(call.opted_in and call.answered and call.whole for call in sent)


def _dark(dark: Sequence[RunEvidence], bright: Sequence[RunEvidence]) -> Finding:
    told = all(run.run.tool_tokens.seen for run in dark)
    other = f" Shown on {bright[0].run.cell.path}." if bright else ""
    # Only v3 hides what `llm.astream` yields; elsewhere it may be a graph of the tool's own, by design.
    unclear = not bright and all(spot(run).path != V3 for run in dark)
    by_itself = " The tool hands out its words by itself, so nothing is lost." if told else ""
    return finding(
        "INNER_STREAM_DARK",
        dark,
        "The tool's model was streamed, and this path shows none of its tokens: the tool streams it in a way "
        f"of its own.{other}{by_itself}",
        evidence=_dark_and_bright(dark, bright),
        severity="note" if told or unclear else "warning",
        sure="possible" if unclear else "certain" if bright else "likely",
    )


def _dark_and_bright(dark: Sequence[RunEvidence], bright: Sequence[RunEvidence]) -> list[Exhibit]:
    shown = [
        proof for run in bright[:1] for proof in _emission(run, f"{len(model_sights(run))} of them shown")
    ]
    return [*shown, *(proof for run in dark for proof in _emission(run, "0 of them shown"))]


def _emitted(run: RunEvidence) -> int:
    return sum(one.tokens for one in asked(run, "tool") if one.streamed)


def _emission(run: RunEvidence, says: str) -> list[Exhibit]:
    return [
        reading.exhibit(run, one, f"streamed, {one.tokens} tokens, {says}")
        for one in asked(run, "tool")[:1]
        if one.streamed
    ]


def tokens_stop_at_boundary(evidence: Evidence) -> Iterable[Finding]:
    """The path would show the tool's tokens, and no message from the server carried any."""
    shown = _shown_locally(evidence)
    sent = of_runs(calls(evidence))
    found = [
        run
        for run in reading.compared(evidence)
        if _expected(run, shown) and _stopped(run, sent.get(run.number, ()))
    ]
    streamed = [run for run in found if _emitted(run)]
    whole = [run for run in found if run not in streamed]
    for how, runs in ((ENDED, streamed), (UNASKED, whole)):
        if runs:
            yield finding(
                "TOKENS_STOP_AT_BOUNDARY",
                runs,
                f"{how} {_lost(runs, shown)}",
                evidence=[proof for run in runs for proof in _stop(run)],
            )


def _shown_locally(evidence: Evidence) -> dict[str, int]:
    """How many of the tool's tokens each path shows when the tool is local, typically."""
    seen: defaultdict[str, list[int]] = defaultdict(list)
    for run in reading.compared(evidence):
        if spot(run).placement == LOCAL and run.run.status == "ok":
            seen[spot(run).path].append(run.run.tool_tokens.seen)
    return {path: median_low(counts) for path, counts in seen.items()}


def _expected(run: RunEvidence, shown: dict[str, int]) -> bool:
    if spot(run).placement == LOCAL or run.run.status != "ok" or reading.failed(run):
        return False
    if not (run.run.tool_calls and asked(run, "tool")) or run.run.tool_tokens.seen:
        return False
    path = spot(run).path
    return shown[path] > 0 if path in shown else reading.shows_models(path) and _emitted(run) > 0


def _stopped(run: RunEvidence, sent: Sequence[Call]) -> bool:
    """Whether no frame came, and none was promised: what was sent and lost is lost behind the server."""
    frames = any(call.framed or (call.opted_in and call.ledger) for call in sent)
    return not frames and not run.run.tool_tokens.frames


def _lost(runs: Sequence[RunEvidence], shown: dict[str, int]) -> str:
    local = [count for path in {spot(run).path for run in runs} if (count := shown.get(path, 0))]
    if not local:
        return "This path would show its tokens."
    return f"With the tool in this process a run by these paths shows {median_low(local)} of its tokens."


def _stop(run: RunEvidence) -> list[Exhibit]:
    return [
        reading.exhibit(
            run, one, f"{'streamed' if one.streamed else 'in one piece'}; tokens seen by the caller: 0"
        )
        for one in asked(run, "tool")[:1]
    ]


def no_progress_requested(evidence: Evidence) -> Iterable[Finding]:
    """Calls went out without a progress token."""
    silent = [call for call in calls(evidence) if call.token is None and not call.run.probe]
    if not silent:
        return
    shown = _shown_locally(evidence)
    talks = any(call.arrivals for call in calls(evidence))
    missed = talks or any(_expected(call.run, shown) for call in silent)
    yield finding(
        "NO_PROGRESS_REQUESTED",
        runs_of(silent),
        "The tool was called without a progressToken, so the server has to keep silent"
        + (": what it could have said is lost." if missed else "; it had nothing to say here."),
        evidence=[call.proof(f"tools/call with _meta {dict(call.meta)}") for call in silent],
        severity="warning" if missed else "note",
    )


def context_lost(evidence: Evidence) -> Iterable[Finding]:
    """Progress arrived at a callback that had no graph to write to."""
    found = [
        (run, lines)
        for run in evidence.runs
        if (lines := _no_context(run)) or (run.run.dropped and not run.probe)
    ]
    if found:
        count = sum(max(run.run.dropped, len(lines)) for run, lines in found)
        yield finding(
            "CONTEXT_LOST",
            [run for run, _ in found],
            f"{reading.counted(count, 'progress report')} arrived, to be written outside of the graph's "
            "context, where nobody sees it: the callback runs where the session was opened.",
            evidence=[proof for run, lines in found for proof in _drops(run, lines)],
        )


def _drops(run: RunEvidence, lines: Sequence[str]) -> Iterable[Exhibit]:
    yield from (Exhibit(run.number, "log", short(line, 160)) for line in lines)
    for number, message in enumerate(run.messages, start=1):
        if message.body.get("method") == "notifications/progress":
            yield Exhibit(run.number, f"mcp message {number}", "a report that arrived and was not shown")
    if run.run.dropped:
        yield Exhibit(run.number, "callback", f"{run.run.dropped} reports dropped")


def _no_context(run: RunEvidence) -> list[str]:
    return [line for line in run.log if NO_CONTEXT.search(line)]


def callback_swallowed(evidence: Evidence) -> Iterable[Finding]:
    """A progress callback raised something of its own, and only the log knows."""
    found = [
        (run, line)
        for run in evidence.runs
        for line in run.log
        if SWALLOWED in line and not NO_CONTEXT.search(line)
    ]
    if found:
        yield finding(
            "CALLBACK_SWALLOWED",
            list({run.number: run for run, _ in found}.values()),
            f"A progress callback raised {reading.counted(len(found), 'time')}; the call went on, "
            "and only the log tells.",
            evidence=[Exhibit(run.number, "log", short(line, 160)) for run, line in found],
        )
