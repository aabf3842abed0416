"""Causes that a comparison does not meet by itself: what probes have found out.

Pure. Reads the notes of runs that were made on purpose; the table of them stands in the package's docstring.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from client_demo.causes.findings import Exhibit, Finding
from client_demo.causes.reading import finding, spot
from client_demo.evidence.data import Evidence, RunEvidence

STALL_S = 0.25
"""What a graph may start later, or a ping take longer, without anybody being to blame."""


def cancel_leak(evidence: Evidence) -> Iterable[Finding]:
    """The caller left, and nobody told the provider, which had more to say than could not be stopped: each
    time that it was tried on a path of a placement.
    """
    left = list(_with(evidence, "left_s"))
    stopped = {spot(run) for run in left if not _went_on(run)}
    leaking = [run for run in left if spot(run) not in stopped]
    if leaking:
        spent = sum(int(run.notes["tokens_after"]) for run in leaking)
        whole = spent == len(leaking)  # answers in one piece
        yield finding(
            "CANCEL_LEAK",
            leaking,
            f"The caller left, and the tool's model went on to the end: "
            f"{'an answer' if whole else f'{spent} tokens'} for nobody.",
            evidence=[
                Exhibit(
                    run.number,
                    "cancel",
                    f"left after {float(run.notes['left_s']):.2f} s; {run.notes['tokens_after']} tokens "
                    "followed, and the provider's stream was never closed",
                )
                for run in leaking
            ],
        )


def slow_consumer(evidence: Evidence) -> Iterable[Finding]:
    """A reader that takes its time makes the graph start its tool later."""
    found = []
    for run in _with(evidence, "tool_started_s", "quick_tool_started_s"):
        slow, quick = float(run.notes["tool_started_s"]), float(run.notes["quick_tool_started_s"])
        if slow - quick > max(STALL_S, quick / 2):
            found.append((run, slow, quick))
    if found:
        _, slow, quick = max(found, key=lambda one: one[1] - one[2])
        yield finding(
            "SLOW_CONSUMER_STALLS_GRAPH",
            [run for run, _, _ in found],
            f"With a reader that takes its time the tool started after {slow:.2f} s, with a quick one after "
            f"{quick:.2f} s: LangGraph goes on only when its stream is read.",
            evidence=[
                Exhibit(run.number, "tool start", f"{slow:.2f} s, against {quick:.2f} s")
                for run, slow, quick in found
            ],
        )


def sync_tool(evidence: Evidence) -> Iterable[Finding]:
    """While the tool ran, nothing else was answered: each time that it was tried in a placement."""
    waits = [(run, float(run.notes["ping_s"])) for run in _with(evidence, "ping_s")]
    answered = {run.run.cell.placement for run, wait in waits if not _blocked(run, wait)}
    blocked = [(run, wait) for run, wait in waits if run.run.cell.placement not in answered]
    if blocked:
        longest = max(wait for _, wait in blocked)
        yield finding(
            "SYNC_TOOL_BLOCKS",
            [run for run, _ in blocked],
            f"While the tool ran, a ping waited {longest:.2f} s for its answer: the tool blocks its event "
            "loop, and parallel calls, progress and cancellation with it.",
            evidence=[Exhibit(run.number, "ping", f"answered after {wait:.3f} s") for run, wait in blocked],
        )


def _blocked(run: RunEvidence, wait: float) -> bool:
    return wait > max(STALL_S, 5 * float(run.notes.get("idle_ping_s") or 0))


def _went_on(run: RunEvidence) -> bool:
    """Whether the model was at it for longer than it takes to hear that somebody has left."""
    if run.notes.get("reader_left") or not run.notes.get("tokens_after"):
        return False
    return float(run.notes.get("after_s") or STALL_S) >= STALL_S


def _with(evidence: Evidence, *keys: str) -> Iterator[RunEvidence]:
    """The runs whose notes say all of these."""
    return (run for run in evidence.runs if all(run.notes.get(key) is not None for key in keys))
