"""PARALLEL: several calls at once, and a ping among them.

Knows that a tool that blocks its server's event loop is seen by the ping that it delays.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from client_demo.doctor.checks import Check, bad, good, warning
from client_demo.doctor.patient import NAME_ONE, SHORTEST_S, Patient, now, without_tool
from client_demo.doctor.record import Call, span

AT_ONCE = 3
TELLING_S = 0.3
"""Seconds that a call must take to tell whether others waited for it."""
ASYNC = "make the tool async, or run its blocking work in a thread."


async def parallel(patient: Patient) -> Check:
    """PARALLEL."""
    if patient.choice is None:
        return without_tool("PARALLEL")
    usual, began = patient.usual_s(), now()
    calls = [await patient.begin() for _ in range(AT_ONCE)]
    ping = await patient.dialogue.ping(patient.timeout_s)
    first_done = any(call.ended is not None for call in calls)
    longest = patient.timeout_s if patient.record.usual_s() is not None else TELLING_S
    await patient.dialogue.until(lambda: all(call.ended is not None for call in calls), longest)
    if patient.dialogue.lost:
        sentence = f"{AT_ONCE} calls at once end the session"
        return bad("PARALLEL", sentence, *patient.lost("during them"), remedy="read its log.")
    unanswered = [call for call in calls if call.ended is None]
    for call in unanswered:
        await patient.dialogue.cancel(call, "The doctor's time limit ran out.")
    if ping is None or (ping > TELLING_S and ping > usual / 2 and (first_done or bool(unanswered))):
        waited = f"a ping took {span(ping)}" if ping is not None else f"no ping in {patient.timeout_s:g} s"
        sentence = f"{patient.tool} blocks the whole server while it runs"
        return bad("PARALLEL", sentence, waited, f"one call takes {span(usual)}", remedy=ASYNC)
    if len(unanswered) == AT_ONCE and longest == TELLING_S:
        return good(
            "PARALLEL", f"the server answers a ping while {AT_ONCE} calls are under way", f"in {span(ping)}"
        )
    if unanswered:
        sentence = (
            f"of {AT_ONCE} calls at once, {len(unanswered)} were not answered in {patient.timeout_s:g} s"
        )
        return bad("PARALLEL", sentence, remedy="let calls wait for nothing that another one holds.")
    return _side_by_side(patient, calls, usual, now() - began)


def _side_by_side(patient: Patient, calls: Sequence[Call], usual: float, took: float) -> Check:
    together = f"{AT_ONCE} calls at once took {span(took)}, one alone takes {span(usual)}"
    if usual >= TELLING_S and took > 0.8 * AT_ONCE * usual:
        return warning("PARALLEL", "calls wait for one another", together, remedy=ASYNC)
    if switches(calls) > AT_ONCE:
        return good("PARALLEL", "calls run side by side, each with its own progress", together)
    if usual < SHORTEST_S:
        sentence = f"{AT_ONCE} calls at once are answered, each too quickly to tell whether they wait"
        return Check("PARALLEL", "good", sentence, (together,), NAME_ONE)
    return good("PARALLEL", "calls at once are all answered", together)


def switches(calls: Sequence[Call]) -> int:
    """How often progress changes from one call to another, in the order in which it came."""
    heard = sorted((t, call.id) for call in calls for t, _ in call.progress)
    return len(list(groupby(number for _, number in heard)))
