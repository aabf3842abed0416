"""The cause around calls: a session of its own for each, and what that costs.

Pure. The price is read from the clock: from the model's wish to call the tool to the call on the wire, and
over whole runs, because a server that is started anew also does its first work anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import median

from client_demo.causes.findings import Finding
from client_demo.causes.reading import asked, finding, spot
from client_demo.causes.wirelog import Call, calls, of_runs, runs_of
from client_demo.evidence.data import Evidence, RunEvidence


def session_per_call(evidence: Evidence) -> Iterable[Finding]:
    """Each call of a placement opens a session; say what that costs, against one that is held."""
    places: defaultdict[str, list[Call]] = defaultdict(list)
    for call in calls(evidence):
        if not call.run.probe:
            places[call.run.run.cell.placement].append(call)
    opening = [some for some in places.values() if _opens(some)]
    steady = [call for some in places.values() if some not in opening for call in some]
    held = _waits(steady)
    for some in opening:
        waits = _waits(some) or [_since_opened(call) for call in some]
        against = f", against {median(held) * 1000:.0f} ms on a held session" if held else ""
        yield finding(
            "SESSION_PER_CALL",
            runs_of(some),
            f"Each call opens a session of its own; here that costs {median(waits) * 1000:.0f} ms "
            f"before a call is sent{against}{_whole(some, steady)}.",
            evidence=[
                call.proof(f"sent {_since_opened(call) * 1000:.0f} ms after its session was opened")
                for call in some
            ],
            sure="certain" if len(some) > 1 else "likely",
        )


def _opens(some: Sequence[Call]) -> bool:
    """Whether there is an `initialize` for each call, in every run."""
    return all(len(_opened(own[0].run)) >= len(own) for own in of_runs(some).values())


def _opened(run: RunEvidence) -> list[float]:
    return [one.t for one in run.messages if one.body.get("method") == "initialize"]


def _since_opened(call: Call) -> float:
    before = [t for t in _opened(call.run) if t <= call.sent_s]
    return call.sent_s - max(before, default=call.sent_s)


def _waits(some: Sequence[Call]) -> list[float]:
    """Seconds from the model's wish to the call on the wire, where both were seen."""
    return [call.sent_s - max(ends) for call in some if (ends := _wished(call))]


def _whole(some: Sequence[Call], steady: Sequence[Call]) -> str:
    """What whole runs take, against those on a held session by the same paths."""
    paths = {spot(call.run).path for call in some} & {spot(call.run).path for call in steady}
    if not paths:
        return ""
    ours, theirs = (_seconds(those, paths) for those in (some, steady))
    return f"; a whole run takes {ours:.2f} s, against {theirs:.2f} s"


def _seconds(some: Sequence[Call], paths: set[str]) -> float:
    return median(run.run.seconds for run in runs_of(some) if spot(run).path in paths)


def _wished(call: Call) -> list[float]:
    ends = (one.ended_s for one in asked(call.run, "agent"))
    return [end for end in ends if end is not None and end <= call.sent_s]
